export interface VolumeSpec {
  name: string;
  labels: Record<string, string>;
}
export interface VolumeInfo extends VolumeSpec {
  createdAt: string;
}
