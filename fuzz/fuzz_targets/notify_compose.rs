#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| inreply_fuzz::notify::compose(data));
