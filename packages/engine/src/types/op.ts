export type EngineId = string;
export interface Op {
  signal?: AbortSignal | undefined;
}
export interface Label {
  key: string;
  value: string;
}
