"""What the scripts of this folder share: checks that are counted, ports, and waiting."""
import smtplib, socket, sys, time

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
