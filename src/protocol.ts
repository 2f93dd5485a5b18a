/*
 * The words on the wire, exactly as NervesHub spells them (nerves_hub_web, device_link.ex and device_channel.ex). No
 * other file spells an event of the device topic.
 */

/** Version of Phoenix's serializer: JSON frames. The server requires three numbers and answers "2.0" with 403. */
export const vsn = "2.0.0";

/** Unlocks archives (2.0), scripts (2.1), extensions (2.2) and device-managed updates (2.4). */
export const deviceApiVersion = "2.4.0";

/** Certificates alone connect to "/socket": on the web endpoint this path is the browser's socket. */
export const certificateSocketPath = "/socket/websocket";
export const sharedSecretSocketPath = "/device-socket/websocket";

export const deviceTopic = "device";
export const extensionsTopic = "extensions";
export const consoleTopic = "console";
export const heartbeatTopic = "phoenix";
export const heartbeatEvent = "heartbeat";

/** Server to device, on topic "device". */
export const fromServer = Object.freeze({
  update: "update",
  reboot: "reboot",
  identify: "identify",
  archive: "archive",
  firmwarePublicKeys: "fwup_public_keys",
  archivePublicKeys: "archive_public_keys",
  extensionsGet: "extensions:get",
  scriptsRun: "scripts/run",
  updateMode: "update_mode",
  updateAvailable: "update_available",
  updateRejected: "update_rejected",
} as const);

/** Device to server, on topic "device". */
export const toServer = Object.freeze({
  statusUpdate: "status_update",
  updateProgress: "update_progress",
  legacyProgress: "fwup_progress",
  firmwareValidated: "firmware_validated",
  rebooting: "rebooting",
  reportNetworkInterface: "report_network_interface",
  connectionTypes: "connection_types",
  scriptsRun: "scripts/run",
  checkUpdate: "check_update",
  requestUpdate: "request_update",
  setUpdateMode: "set_update_mode",
} as const);

/**
 * Every property name that payloads of the device topic may have. Other names never become properties: XS interns a name for
 * ever, so the server could fill the memory with names.
 */
export const deviceNames: readonly string[] = Object.freeze([
  "status",
  "response",
  "reason",
  "error",
  "update_available",
  "firmware_url",
  "firmware_meta",
  "architecture",
  "author",
  "description",
  "misc",
  "platform",
  "product",
  "uuid",
  "vcs_identifier",
  "version",
  "size",
  "checksum",
  "partials_checksums",
  "deployment_id",
  "url",
  "uploaded_at",
  "keys",
  "text",
  "ref",
  "mode",
  "managed_updates_allowed",
  "available",
  "delay_for",
  "extensions",
]);
