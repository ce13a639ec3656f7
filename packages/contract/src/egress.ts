import { z } from "@hono/zod-openapi";

export const EGRESS_POLICIES = ["none", "allow-list", "internet"] as const;

/** What a container may reach outside its user's own network. Private ranges, the host and other users are closed to all of them. */
export const Egress = z
  .object({
    policy: z
      .enum(EGRESS_POLICIES)
      .describe("none: nothing; allow-list: what `allow` names; internet: every public address"),
    allow: z
      .array(z.string().min(1).max(260))
      .max(64)
      .describe(
        "Addresses, CIDRs and DNS names, each perhaps with :port, as 192.0.2.0/24, deb.debian.org:443, *.debian.org",
      ),
  })
  .openapi("Egress");
export type Egress = z.infer<typeof Egress>;

export const EgressRequest = z
  .strictObject({ policy: Egress.shape.policy, allow: Egress.shape.allow.optional() })
  .refine(({ policy, allow }) => policy === "allow-list" || !allow?.length, {
    message: 'is for the policy "allow-list"',
    path: ["allow"],
  })
  .openapi("EgressRequest");
export type EgressRequest = z.infer<typeof EgressRequest>;
