/** A bridge network of its own address range, whose containers find each other by name. */
export interface NetworkSpec {
  name: string;
  labels: Record<string, string>;
}
export type NetworkInfo = NetworkSpec;
