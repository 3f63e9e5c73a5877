"""A mail server that misbehaves on demand, for the tests of the delivery.

    sink.py plain|starttls|tls [CERTIFICATE KEY]

It listens on a port of loopback and says which on standard output, a JSON object a line. It reads
commands from standard input, a JSON object a line, and answers each once it is in force; a letter that
arrived whole is told before any later answer. It ends with its standard input.
"""

import asyncio
import json
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult


def say(**line):
    print(json.dumps(line), flush=True)


class Sink:
    def __init__(self, cover, certificate):
        self.cover = cover
        self.tls = None
        if cover != "plain":
            self.tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            self.tls.load_cert_chain(*certificate)
        self.mode = "accept"
        self.login = None
        self.recipient = None
        self.server = None
        self.port = 0
        self.transports = set()

    def is_meant(self, envelope):
        return self.recipient is None or self.recipient in envelope.rcpt_tos

    async def handle_RCPT(self, server, session, envelope, address, options):
        if self.recipient in (None, address) and self.mode.startswith("rcpt "):
            return self.mode.removeprefix("rcpt ")
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        mode = self.mode if self.is_meant(envelope) else "accept"
        if mode.startswith("data "):
            say(event="refused")
            return mode.removeprefix("data ")
        if mode == "drop after data":
            say(event="dropped")
            server.transport.abort()
            return None
        content = envelope.original_content.decode("latin-1")
        covered = session.ssl or server.transport.get_extra_info("ssl_object")
        say(event="letter", to=envelope.rcpt_tos, covered=bool(covered), content=content)
        if mode == "drop after 250":
            server.transport.abort()
            return None
        if mode == "stick after data":
            say(event="stuck")
            await asyncio.Event().wait()
        return "250 OK"

    def enter(self, server, session, envelope, mechanism, data):
        given = [data.login.decode(), data.password.decode()]
        return AuthResult(success=given == self.login)

    def conversation(self):
        return Conversation(self)

    async def listen(self):
        loop = asyncio.get_running_loop()
        tls = self.tls if self.cover == "tls" else None
        self.server = await loop.create_server(
            self.conversation, "127.0.0.1", self.port, ssl=tls, reuse_address=True
        )
        self.port = self.server.sockets[0].getsockname()[1]

    async def obey(self, command):
        if "mode" in command:
            self.mode = command["mode"]
            self.recipient = command.get("recipient")
        if "login" in command:
            self.login = command["login"]
        if command.get("away") is True:
            self.server.close()
            for transport in self.transports:
                transport.abort()
            self.transports.clear()
        if command.get("away") is False:
            await self.listen()
        say(event="done")


class Conversation(SMTP):
    def __init__(self, sink):
        self.sink = sink
        super().__init__(
            sink,
            hostname="sink.example",
            tls_context=sink.tls if sink.cover == "starttls" else None,
            require_starttls=sink.cover == "starttls",
            authenticator=sink.enter if sink.login else None,
            auth_required=bool(sink.login),
            auth_require_tls=False,
        )

    def connection_made(self, transport):
        say(event="connected")
        self.sink.transports.add(transport)
        super().connection_made(transport)

    async def push(self, status):
        if self.sink.mode == "greet with 554":
            status = "554 no service"
        if self.sink.mode == "stick":
            say(event="stuck")
            await asyncio.Event().wait()
        if self.sink.mode != "dribble":
            return await super().push(status)
        for it in status + "\r\n":
            say(event="dribbled")
            self._writer.write(it.encode())
            await self._writer.drain()
            await asyncio.sleep(1)


async def main():
    sink = Sink(sys.argv[1], sys.argv[2:])
    await sink.listen()
    say(event="listening", port=sink.port)
    loop = asyncio.get_running_loop()
    commands = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(commands), sys.stdin)
    while line := await commands.readline():
        await sink.obey(json.loads(line))


asyncio.run(main())
