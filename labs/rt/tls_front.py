"""Speaks TLS before a plain local port, as a reverse proxy does before a help desk.

usage: tls_front.py LISTEN_PORT PLAIN_PORT CERTIFICATE KEY
"""
import asyncio
import ssl
import sys

listen, plain = int(sys.argv[1]), int(sys.argv[2])
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[3], sys.argv[4])


async def copy(reader, writer):
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except (ConnectionError, ssl.SSLError):
        pass
    finally:
        writer.close()


async def serve(reader, writer):
    try:
        behind_reader, behind_writer = await asyncio.open_connection("127.0.0.1", plain)
    except ConnectionError:
        writer.close()
        return
    await asyncio.gather(copy(reader, behind_writer), copy(behind_reader, writer))


async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", listen, ssl=context)
    async with server:
        await server.serve_forever()


asyncio.run(main())
