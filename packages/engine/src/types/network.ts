/** A bridge network of its own address range, whose containers find each other by name. */
export interface NetworkSpec {
  name: string;
  labels: Record<string, string>;
}
export type NetworkInfo = NetworkSpec;

/** How a container is on a network. */
export interface EndpointSpec {
  aliases: string[];
  /** Undefined: the engine's choice. */
  macAddress?: string | undefined;
}
