"""What the scripts of this folder share: checks that are counted, ports, waiting, and a server with its data."""
import collections, os, pathlib, shutil, signal, smtplib, socket, subprocess, sys, threading, time

PATIENCE = 30
passed = 0


def check(what, holds, detail=""):
    global passed
    if not holds:
        sys.exit(f"FAILED: {what}\n{detail}")
    passed += 1
    print(f"ok  {what}", flush=True)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for(what, condition):
    """What the condition gives, once it gives anything."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if value := condition():
            return value
        time.sleep(0.05)
    sys.exit(f"FAILED: waited {PATIENCE} s for {what}")


def greets(port):
    """Whether an SMTP server says hello there."""
    try:
        with smtplib.SMTP("127.0.0.1", port, timeout=2):
            return True
    except OSError:
        return False


def listening(port):
    """Whether anybody takes a connection there: a server of TLS alone says nothing first."""
    try:
        socket.create_connection(("127.0.0.1", port), 2).close()
        return True
    except OSError:
        return False


class Forge:
    """The reference server with its data, without limits: here one sends what hundreds sent. Where it would send, nothing
    listens."""

    def __init__(self, folder, server, host):
        self.folder, self.server, self.port = folder, server, free_port()
        self.data, self.config = folder / "data", folder / "config.toml"
        self.config.write_text(f'host = "{host}"\ndata = "{self.data}"\n[inbound]\nlisten = "127.0.0.1:{self.port}"\n'
                               f"max_token_replies = 0\nmax_sender_replies = 0\n[outbound]\nport = {free_port()}\n")

    def run(self, *words):
        done = subprocess.run([self.server, "--config", self.config, *words], capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"FAILED: reference-server {words}: {done.stdout}{done.stderr}")
        return done.stdout

    def key(self):
        return (self.data / "keys/1.key").read_text().strip()

    def serve(self):
        with open(self.folder / "serve.log", "w") as log:
            self.process = subprocess.Popen([self.server, "--config", self.config, "serve"], stderr=log)
        wait_for("the server", lambda: greets(self.port))

    def stop(self):
        self.process.terminate()
        self.process.wait(PATIENCE)


class Relay:
    """The example `failing-relay`, and how often it took which message for whom."""

    def __init__(self, program):
        self.port, self.taken, self.lines = free_port(), collections.Counter(), 0
        self.process = subprocess.Popen([program, f"127.0.0.1:{self.port}"], stdout=subprocess.PIPE, text=True)
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()
        wait_for("the relay", lambda: greets(self.port))

    def read(self):
        for line in self.process.stdout:
            _, message_id, recipients = line.rstrip("\n").split("\t")
            for recipient in recipients.split():
                self.taken[message_id, recipient.strip("<>")] += 1
            self.lines += 1


class Postgres:
    """A PostgreSQL of its own in a folder of its own, on loopback. It does not run as root, so that its parts are Debian's user's."""

    def __init__(self, folder):
        self.folder, self.data, self.port = folder, folder / "data", free_port()
        versions = pathlib.Path("/usr/lib/postgresql").glob("*/bin")
        self.programs = max(versions, key=lambda path: int(path.parent.name), default=None)
        if not self.programs:
            sys.exit("not found: PostgreSQL (Debian's package postgresql)")
        self.url = f"postgres://inreply@127.0.0.1:{self.port}/postgres"
        folder.mkdir()
        shutil.chown(folder, "postgres", "postgres")
        # Who may not pass the folder above cannot open its own.
        folder.parent.chmod(0o755)
        self.run("initdb", "-D", self.data, "-A", "trust", "-U", "inreply")

    def run(self, program, *words):
        return subprocess.run(["runuser", "-u", "postgres", "--", self.programs / program, *words],
                              check=True, capture_output=True, text=True, cwd=self.folder).stdout

    def start(self, *settings):
        words = " ".join(f"-c {setting}" for setting in settings)
        self.run("pg_ctl", "-D", self.data, "-w", "-t", str(PATIENCE), "-l", self.folder / "log", "-o",
                 f"-p {self.port} -k {self.folder} -h 127.0.0.1 {words}", "start")

    def stop(self):
        self.run("pg_ctl", "-D", self.data, "-m", "immediate", "stop")

    def kill(self):
        """As a power cut ends it, but for the disk's own memory: nothing is said, nothing is written any more."""
        def processes():
            for process in pathlib.Path("/proc").glob("[0-9]*"):
                try:
                    if process.joinpath("cwd").resolve() == self.data.resolve():
                        yield int(process.name)
                except OSError:
                    pass

        # One that was just forked would keep the next server from starting, and so would the first one until it is reaped.
        first = pathlib.Path("/proc", self.data.joinpath("postmaster.pid").read_text().split()[0])

        def ended():
            alive = list(processes())
            for process in alive:
                try:
                    os.kill(process, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            return not alive and not first.exists()

        wait_for("the end of the database", ended)

    def ask(self, sql):
        """The rows of a query, as lines with a tabulator between the columns."""
        return self.run("psql", "-U", "inreply", "-h", "127.0.0.1", "-p", str(self.port), "-d", "postgres", "-AtF\t", "-c",
                        sql).splitlines()
