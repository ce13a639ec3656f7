import { Audit } from "./audit.ts";
import { Builds } from "./builds.ts";
import type { CallOptions } from "./call-options.ts";
import { Containers } from "./containers.ts";
import { Events } from "./events.ts";
import { Grants } from "./grants.ts";
import { Hosts } from "./hosts.ts";
import { Images } from "./images.ts";
import { Keys } from "./keys.ts";
import { System } from "./system.ts";
import { Registries } from "./registries.ts";
import { Secrets } from "./secrets.ts";
import { Links } from "./links.ts";
import { Transport, type HafenOptions } from "./transport.ts";
import { Users } from "./users.ts";
import { Volumes } from "./volumes.ts";
import type { Me } from "./wire.ts";

/** A client of one Hafen service, for one API key. */
export class Hafen {
  readonly audit: Audit;
  readonly builds: Builds;
  readonly containers: Containers;
  readonly events: Events;
  readonly grants: Grants;
  readonly hosts: Hosts;
  readonly images: Images;
  readonly keys: Keys;
  readonly system: System;
  readonly registries: Registries;
  readonly secrets: Secrets;
  readonly links: Links;
  readonly users: Users;
  readonly volumes: Volumes;
  readonly #transport: Transport;

  constructor(options: HafenOptions) {
    const transport = new Transport(options);
    this.#transport = transport;
    this.audit = new Audit(transport);
    this.builds = new Builds(transport);
    this.containers = new Containers(transport);
    this.events = new Events(transport);
    this.grants = new Grants(transport);
    this.hosts = new Hosts(transport);
    this.images = new Images(transport);
    this.keys = new Keys(transport);
    this.system = new System(transport);
    this.registries = new Registries(transport);
    this.secrets = new Secrets(transport);
    this.links = new Links(transport);
    this.users = new Users(transport);
    this.volumes = new Volumes(transport);
  }

  /** Whose key this is, what they may hold, and what they hold. */
  me(options: CallOptions = {}): Promise<Me> {
    return this.#transport.json({ method: "GET", path: "/v1/me", options });
  }
}
