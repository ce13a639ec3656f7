import type { components, operations } from "./openapi.gen.ts";

/** What goes over the wire, by its name in openapi.json. */

type Schemas = components["schemas"];
type Query<Name extends keyof operations> = NonNullable<operations[Name]["parameters"]["query"]>;

export type Build = Schemas["Build"];
export type BuildFailure = Schemas["BuildFailure"];
export type BuildLogLine = Schemas["BuildLogLine"];
export type BuildStep = Schemas["BuildStep"];
export type BuildSummary = Schemas["BuildSummary"];
export type Container = Schemas["Container"];
export type CreateContainer = Schemas["CreateContainer"];
export type CreatedKey = Schemas["CreatedKey"];
export type CreatedUser = Schemas["CreatedUser"];
export type CreatedLink = Schemas["CreatedLink"];
export type CreateLink = Schemas["CreateLink"];
export type CreateKey = Schemas["CreateKey"];
export type CreateUser = Schemas["CreateUser"];
export type CreateVolume = Schemas["CreateVolume"];
export type Event = Schemas["Event"];
export type Exec = Schemas["Exec"];
export type ExecResult = Schemas["ExecResult"];
export type FilesWritten = Schemas["FilesWritten"];
export type HistoryEntry = Schemas["HistoryEntry"];
export type Host = Schemas["Host"];
export type Image = Schemas["Image"];
export type ImageSummary = Schemas["ImageSummary"];
export type InlineBuild = Schemas["InlineBuild"];
export type Key = Schemas["Key"];
export type KillContainer = Schemas["KillContainer"];
export type Limits = Schemas["Limits"];
export type LogLine = Schemas["LogLine"];
export type Me = Schemas["Me"];
export type Mount = Schemas["Mount"];
export type MountRequest = Schemas["MountRequest"];
export type Port = Schemas["Port"];
export type PortLink = Schemas["PortLink"];
export type PortRequest = Schemas["PortRequest"];
export type Problem = Schemas["Problem"];
export type ProblemCode = Problem["code"];
export type Quota = Schemas["Quota"];
export type RemovedImage = Schemas["RemovedImage"];
export type StopContainer = Schemas["StopContainer"];
export type StreamEnded = Schemas["StreamEnded"];
export type Termination = Schemas["Termination"];
export type User = Schemas["User"];
export type Volume = Schemas["Volume"];
export type Waited = Schemas["Waited"];

export type BuildListQuery = Query<"listBuilds">;
export type ContainerListQuery = Query<"listContainers">;
export type HostListQuery = Query<"listHosts">;
export type ImageListQuery = Query<"listImages">;
export type KeyListQuery = Query<"listKeys">;
export type PortLinkListQuery = Query<"listPortLinks">;
export type UserListQuery = Query<"listUsers">;
export type VolumeListQuery = Query<"listVolumes">;
