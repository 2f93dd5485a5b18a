/*
 * Device: facts about the hardware, and its restart.
 */

/** Numbers are in bytes unless a comment says otherwise. A field is absent where the platform cannot tell. */
export interface DeviceFacts {
  heapFree?: number;
  heapLowWater?: number;
  heapLargestBlock?: number;
  heapTotal?: number;
  /** XS machine: bytes that chunks and slots use. */
  xsChunks?: number;
  xsSlots?: number;
  /** XS machine: most stack slots used so far. */
  xsStackPeak?: number;
  /** dBm */
  wifiRssi?: number;
  /** °C */
  cpuTemperature?: number;
}

export interface Device {
  /** Default device identifier, for example "esp32-a4cf12b9d07c". */
  readonly identifier: string;
  /** ESP-IDF chip id (esp_chip_id_t) of the image format this device runs; 0 is the plain ESP32. */
  readonly chipId: number;
  /** Revision of the chip, major × 100 + minor; absent where it cannot be asked. */
  readonly chipRevision?: number;
  /** Why the last restart happened, in words such as "power_on", "software", "panic", … */
  readonly resetReason: string;
  /** The network interface that the link uses, by the name that Linux has for its kind: "wlan0", "eth0". */
  readonly networkInterface: string;
  /** False where nothing restarts a device that hangs. Absent means true. */
  readonly watchdog?: boolean;
  facts(): DeviceFacts;
  /** Restarts the device; Slots decides which slot then starts. Does not return on hardware. */
  restart(): void;
}
