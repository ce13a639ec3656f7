import { problemCodes } from "./operations.js";

/**
 * Every code of the document, with its row of the problem table and the calls that answer with it.
 * @param {object} openapi
 * @param {import("./operations.js").Operation[]} operations
 * @param {Record<string, { status: number, title: string }>} table
 */
export function problemRows(openapi, operations, table) {
  return openapi.components.schemas.Problem.properties.code.enum.map((code) => {
    const answers = operations.flatMap((operation) =>
      operation.responses
        .filter((response) => problemCodes(response).includes(code))
        .map(({ status }) => ({ id: operation.id, status })),
    );
    const status = table[code]?.status ?? Number(answers[0]?.status);
    return {
      code,
      status: Number.isNaN(status) ? "" : String(status),
      title: table[code]?.title ?? "",
      operationIds: answers.map(({ id }) => id),
    };
  });
}
