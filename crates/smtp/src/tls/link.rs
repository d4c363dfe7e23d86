//! A rustls connection between the octets of the wire and the octets of a machine.

use std::io::{Read, Write};

use bytes::{Buf, BufMut, BytesMut};
use rustls::Connection;

use super::TlsInfo;
use super::failure::HandshakeFailure;

/// Octets that are decrypted ahead of the machine: behind them the input is left alone.
const READ_AHEAD: usize = 65_536;

/// A handshake under way, or a connection behind one.
pub(super) struct Link {
    connection: Connection,
    /// Decrypted, and not yet taken by the machine.
    pub(super) plain: BytesMut,
    /// The machine knows that the handshake is done.
    told: bool,
    closing: bool,
}

impl Link {
    pub(super) fn new(mut connection: Connection) -> Self {
        // What a machine says at once is bounded by the machine.
        connection.set_buffer_limit(None);
        Self {
            connection,
            plain: BytesMut::new(),
            told: false,
            closing: false,
        }
    }

    /// Takes records off the front of `input`; what they were once the handshake is done, the first time.
    ///
    /// # Errors
    /// Where they are none, or the handshake failed. An alert waits in [`Link::transmit`].
    pub(super) fn read(&mut self, input: &mut BytesMut) -> Result<Option<TlsInfo>, HandshakeFailure> {
        while !input.is_empty() && self.plain.len() < READ_AHEAD {
            let taken = self
                .connection
                .read_tls(&mut &input[..])
                .map_err(|_| HandshakeFailure::not_tls())?;
            input.advance(taken);
            let state = self
                .connection
                .process_new_packets()
                .map_err(HandshakeFailure::new)?;
            let (octets, start) = (state.plaintext_bytes_to_read(), self.plain.len());
            self.plain.resize(start + octets, 0);
            if let Some(fresh) = self.plain.get_mut(start..) {
                self.connection
                    .reader()
                    .read_exact(fresh)
                    .map_err(|_| HandshakeFailure::not_tls())?;
            }
            if taken == 0 {
                break;
            }
        }
        if self.told || self.connection.is_handshaking() {
            return Ok(None);
        }
        self.told = true;
        Ok(Some(self.info()))
    }

    /// Encrypts what the machine says.
    pub(super) fn write(&mut self, octets: &[u8]) {
        // The buffer has no limit: nothing is left over, and nothing fails.
        let _ = self.connection.writer().write_all(octets);
    }

    /// Says that no more will come, so that the peer knows that nothing was cut off.
    pub(super) fn close(&mut self) {
        if !std::mem::replace(&mut self.closing, true) {
            self.connection.send_close_notify();
        }
    }

    /// Appends what is to go over the wire.
    pub(super) fn transmit(&mut self, wire: &mut BytesMut) {
        let mut writer = wire.writer();
        // Writing into memory does not fail.
        while self.connection.wants_write() && self.connection.write_tls(&mut writer).is_ok() {}
    }

    fn info(&self) -> TlsInfo {
        let version = match self.connection.protocol_version() {
            Some(rustls::ProtocolVersion::TLSv1_2) => "TLSv1.2",
            Some(rustls::ProtocolVersion::TLSv1_3) => "TLSv1.3",
            _ => "TLS",
        };
        let cipher = self
            .connection
            .negotiated_cipher_suite()
            .and_then(|suite| suite.suite().as_str())
            .unwrap_or("an unnamed cipher suite");
        // The registry has `TLS_AES_128_GCM_SHA256` where rustls says `TLS13_`.
        TlsInfo::new(version, cipher.replacen("TLS13_", "TLS_", 1))
    }
}
