"""Many plain voice calls into a gateway: SIP by hand, RTP by sg_bench_rtp."""

import re
import socket
import subprocess
import uuid

import rig

SDP = ("v=0\r\no=bench 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
       "m=audio {port} RTP/AVP 8 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\na=ptime:20\r\n")


class RtpPeer:
    """sg_bench_rtp: the far side of `count` RTP streams, in one process."""

    def __init__(self, program, count):
        self.process = subprocess.Popen([program, "127.0.0.1", str(count)], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        self.ports = [int(word) for word in self.process.stdout.readline().split()]

    def start(self, remotes):
        print(*(f"{host}:{port}" for host, port in remotes), file=self.process.stdin, flush=True)

    def stop(self):
        """Packets sent and received."""
        words, _ = self.process.communicate(timeout=15)
        return tuple(int(word) for word in words.split())


class Call:
    """One outgoing call and its dialog."""

    def __init__(self, number, local_port, gateway_port, rtp_port):
        self.id = uuid.uuid4().hex
        self.tag = self.id[:8]
        self.uri = f"sip:{number}@127.0.0.1:{gateway_port}"
        self.to = f"<{self.uri}>"
        self.target = self.uri
        self.local_port, self.rtp_port = local_port, rtp_port
        self.remote = None  # where its RTP goes, once it is answered

    def request(self, method, cseq, body=""):
        lines = [f"{method} {self.target} SIP/2.0",
                 f"Via: SIP/2.0/UDP 127.0.0.1:{self.local_port};branch=z9hG4bK{uuid.uuid4().hex[:12]}",
                 "Max-Forwards: 70", f"From: <sip:bench@127.0.0.1>;tag={self.tag}", f"To: {self.to}",
                 f"Call-ID: {self.id}", f"CSeq: {cseq} {method}", f"Contact: <sip:bench@127.0.0.1:{self.local_port}>"]
        if body:
            lines.append("Content-Type: application/sdp")
        return ("\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]) + body).encode()

    def invite(self):
        return self.request("INVITE", 1, SDP.format(port=self.rtp_port))

    def on_answer(self, text):
        """A 200: learns the dialog and the media. Returns the ACK."""
        self.to = re.search(r"^To:\s*(.+?)\r$", text, re.M | re.I)[1]
        self.target = re.search(r"^Contact:\s*<([^>]+)>", text, re.M | re.I)[1]
        self.remote = (re.search(r"^c=IN IP4 (\S+)", text, re.M)[1], int(re.search(r"^m=audio (\d+)", text, re.M)[1]))
        return self.request("ACK", 1)


class Caller:
    """A SIP peer that calls one number many times at once."""

    def __init__(self, gateway_port, alive=()):
        self.gateway = ("127.0.0.1", gateway_port)
        self.alive = alive
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.settimeout(0.1)
        self.port = self.socket.getsockname()[1]

    def responses(self):
        """What has come: Call-ID, method, status and text of each response."""
        while True:
            try:
                text = self.socket.recv(65536).decode()
            except TimeoutError:
                return
            status = re.match(r"SIP/2\.0 (\d+)", text)
            if status:  # a request, such as OPTIONS, is no concern of ours
                method = re.search(r"^CSeq:\s*\d+ (\w+)", text, re.M | re.I)[1]
                yield re.search(r"^Call-ID:\s*(\S+)", text, re.M | re.I)[1], method, int(status[1]), text

    def call(self, number, rtp_ports):
        """Calls with all these RTP ports, and returns when every call is answered."""
        calls = {call.id: call for call in (Call(number, self.port, self.gateway[1], port) for port in rtp_ports)}
        for call in calls.values():
            self.socket.sendto(call.invite(), self.gateway)

        def all_answered():
            for call_id, method, status, text in self.responses():
                if call_id in calls and method == "INVITE" and status >= 200:
                    if status != 200:
                        raise rig.RigError(f"the gateway refused a call:\n{text}")
                    self.socket.sendto(calls[call_id].on_answer(text), self.gateway)
            return all(call.remote for call in calls.values())

        rig.wait_until(f"{len(calls)} calls to be answered", all_answered, alive=self.alive)
        return list(calls.values())

    def hang_up(self, calls):
        waiting = {call.id for call in calls}
        for call in calls:
            self.socket.sendto(call.request("BYE", 2), self.gateway)

        def all_ended():
            waiting.difference_update(call_id for call_id, method, _, _ in self.responses() if method == "BYE")
            return not waiting

        rig.wait_until("every BYE to be answered", all_ended, alive=self.alive)
