import { z } from "@hono/zod-openapi";

export const TreeImage = z
  .object({
    id: z.string(),
    tags: z.array(z.string()),
    digest: z.string(),
    sizeBytes: z.number().int(),
    own: z.boolean().describe("false: another's, in the catalog"),
    freesBytes: z.number().int().describe("In layers that no other of these images has: what removing it frees"),
  })
  .openapi("TreeImage");

export const LayerNode = z
  .object({
    node: z.number().int(),
    parent: z
      .number()
      .int()
      .nullable()
      .describe("The node of the layers below it, earlier in the list; null at the bottom"),
    layers: z
      .array(z.object({ digest: z.string(), bytes: z.number().int() }))
      .describe("From the base up, as far as every image above has all of them"),
    bytes: z.number().int().describe("Of these layers together"),
    images: z.array(TreeImage).describe("Those whose layers end here"),
    host: z.string(),
  })
  .openapi("LayerNode");
export type LayerNode = z.infer<typeof LayerNode>;

export const ImageTree = z
  .object({
    items: z.array(LayerNode).describe("Each after its parent, depth first"),
    bytes: z.number().int().describe("Of all layers, each counted once"),
  })
  .openapi("ImageTree");
export type ImageTree = z.infer<typeof ImageTree>;
