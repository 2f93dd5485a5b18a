/*
 * The servers of the TLS suite: node:tls, `openssl s_server` and Erlang/OTP's ssl, all on loopback. Each answers a line
 * with a line, and gives "big" a few hundred kilobytes.
 */

import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, type TlsOptions } from "node:tls";
import type { Identity } from "./authority.js";

/** Bytes of the answer to "big". */
export const bigBytes = 300_000;

const children: ChildProcess[] = [];
const servers: Server[] = [];

async function listen(server: Server): Promise<number> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

/** @returns the port */
export function tcpServer(serve: (socket: Socket) => void): Promise<number> {
  const server = createTcpServer((socket) => {
    socket.on("error", () => socket.destroy());
    serve(socket);
  });
  return listen(server);
}

/** A node:tls server. TLS 1.2 unless `options` say otherwise. */
export function nodeServer(identity: Identity, options: TlsOptions = {}): Promise<number> {
  const sessions = new Map<string, Buffer>();
  const server = createTlsServer(
    { cert: identity.chain, key: readFileSync(identity.key), maxVersion: "TLSv1.2", ...options },
    (socket) => {
      socket.on("error", () => socket.destroy());
      socket.on("data", (bytes) => {
        const text = bytes.toString("latin1");
        if (text === "big\n") socket.end(Buffer.alloc(bigBytes, "0123456789abcdef"));
        else if (text === "bye\n") socket.end("bye\n");
        else if (text === "resumed?\n") socket.write(`${socket.isSessionReused()}\n`);
        else if (text === "sni?\n") socket.write(`${(socket as { servername?: unknown }).servername}\n`);
        else if (text === "who?\n") socket.write(`${socket.authorized} ${socket.getPeerCertificate().subject?.CN}\n`);
        else socket.write(bytes);
      });
    },
  );
  server.on("newSession", (id, data, done) => {
    sessions.set(id.toString("hex"), data);
    done();
  });
  server.on("resumeSession", (id, done) => done(null, sessions.get(id.toString("hex")) ?? null));
  server.on("tlsClientError", () => {});
  return listen(server);
}

async function freePort(): Promise<number> {
  const server = createTcpServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Starts a program and waits until it prints `ready`. */
async function program(name: string, parameters: string[], ready: RegExp): Promise<void> {
  const child = spawn(name, parameters, { stdio: ["pipe", "pipe", "pipe"] });
  children.push(child);
  await new Promise<void>((resolve, reject) => {
    let text = "";
    const look = (bytes: Buffer): void => {
      text += bytes.toString();
      if (ready.test(text)) resolve();
    };
    child.stdout.on("data", look);
    child.stderr.on("data", look);
    child.on("error", reject);
    child.on("exit", (status) => reject(new Error(`${name} ended with ${status}: ${text}`)));
  });
}

/** `openssl s_server -rev`: answers a line with the line reversed. */
export async function opensslServer(identity: Identity, ...more: string[]): Promise<number> {
  const port = await freePort();
  writeFileSync(`${identity.certificate}.chain`, identity.chain);
  const files = ["-cert", identity.certificate, "-cert_chain", `${identity.certificate}.chain`, "-key", identity.key];
  await program(
    "openssl",
    ["s_server", "-accept", `127.0.0.1:${port}`, ...files, "-tls1_2", "-rev", ...more],
    /ACCEPT/,
  );
  return port;
}

/** Erlang/OTP's ssl with its defaults, as under NervesHub: answers with what it got. */
export async function erlangServer(identity: Identity, caFile?: string): Promise<number> {
  const port = await freePort();
  const chainFile = `${identity.certificate}.chain`;
  writeFileSync(chainFile, identity.chain);
  const verify = caFile ? `, {verify, verify_peer}, {fail_if_no_peer_cert, true}, {cacertfile, "${caFile}"}` : "";
  const code = `
    {ok, _} = application:ensure_all_started(ssl),
    {ok, L} = ssl:listen(${port}, [binary, {ip, {127,0,0,1}}, {reuseaddr, true}, {active, false}, {versions, ['tlsv1.2']},
      {certfile, "${chainFile}"}, {keyfile, "${identity.key}"}${verify}]),
    io:format("ready~n"),
    Echo = fun Echo(S) -> case ssl:recv(S, 0) of {ok, B} -> ssl:send(S, B), Echo(S); _ -> ssl:close(S) end end,
    Accept = fun Accept() ->
      {ok, T} = ssl:transport_accept(L),
      P = spawn(fun() -> receive go -> case ssl:handshake(T, 5000) of {ok, S} -> Echo(S); _ -> ok end end end),
      ssl:controlling_process(T, P), P ! go, Accept() end,
    Accept().`;
  await program("erl", ["-noshell", "-noinput", "-eval", code.replaceAll("\n", " ")], /ready/);
  return port;
}

export function stopServers(): void {
  for (const child of children) child.kill();
  for (const server of servers) server.close();
}
