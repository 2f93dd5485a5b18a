/*
 * Archive: a file for the application, beside its firmware, as the server describes it.
 */

export interface Archive {
  readonly uuid: string;
  readonly version: string;
  readonly description: string;
  readonly platform: string;
  readonly architecture: string;
  /** Bytes. */
  readonly size: number;
  /** ISO 8601 in UTC. */
  readonly uploadedAt: string | undefined;
}
