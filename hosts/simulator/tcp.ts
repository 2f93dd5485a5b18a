/*
 * The module "embedded:io/socket/tcp" of the Linux simulator, over nh-tcp.c. Buffers only; no `from`.
 */

const open = native("nh_tcp_open");
const close = native("nh_tcp_close");
const read = native("nh_tcp_read");
const write = native("nh_tcp_write");

interface TCPOptions {
  /** IPv4 or IPv6, no name; or several, separated by spaces, which are tried in turn. */
  address: string;
  port: number;
  nodelay?: boolean;
  /** Becomes the socket's property of that name: the callbacks, which have the socket as `this`, find their owner by it. */
  target?: unknown;
  /** `count`: all that is unread. Not repeated for bytes that are left. */
  onReadable?(count: number): void;
  /** Connected, or room again after a write that left less than all of it. */
  onWritable?(count: number): void;
  /**
   * The peer has closed, or the connection has failed or was refused; comes once, when everything was read.
   * @param failure of a connection that was open: "reset", or what the system calls it; undefined: the peer has closed it
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

  /** A view is filled completely; undefined when nothing is unread. */
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
