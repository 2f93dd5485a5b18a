/*
 * The module "embedded:io/socket/tcp" of the Linux simulator, over nh-tcp.c. It has the format "buffer" only, and no `from`.
 */

const open = native("nh_tcp_open");
const close = native("nh_tcp_close");
const read = native("nh_tcp_read");
const write = native("nh_tcp_write");

interface TCPOptions {
  /** An IPv4 or IPv6 address, no name; or several addresses, separated by spaces, which are tried in turn. */
  address: string;
  port: number;
  nodelay?: boolean;
  /** The socket's property `target`, by which the callbacks, whose `this` is the socket, find their owner. */
  target?: unknown;
  /** `count` bytes are unread in all. Not repeated for bytes that are left unread. */
  onReadable?(count: number): void;
  /** The socket has connected, or has room again after a write that filled it. `count` more bytes can be taken. */
  onWritable?(count: number): void;
  /**
   * The peer has closed, or the connection has failed or was refused. Called once, when all bytes were read.
   * @param failure for an open connection that failed: "reset", or the system's text; undefined when the peer has closed
   */
  onError?(failure?: string): void;
}

export default class TCP extends Native("nh_tcp_destructor") {
  readonly target: unknown;

  constructor(options: TCPOptions) {
    super();
    this.target = options.target;
    open.call(this, options);
  }

  /** Reads all bytes, a number of bytes, or fills a view completely. @returns undefined when nothing is unread */
  read(into?: Uint8Array | number): ArrayBuffer | number | undefined {
    return into === undefined ? read.call(this) : read.call(this, into);
  }

  /** @returns how many more bytes can be taken now, undefined when the connection is gone; throws when given too many */
  write(bytes: Uint8Array | ArrayBuffer): number | undefined {
    return write.call(this, bytes);
  }

  close(): void {
    close.call(this);
  }

  get format(): string {
    return "buffer";
  }
}
