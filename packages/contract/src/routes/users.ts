import { z } from "@hono/zod-openapi";
import { body, json, listOf, ListQuery, PostHeaders, Ref, route } from "../conventions.ts";
import {
  CreatedKey,
  CreatedUser,
  CreateKey,
  CreateUser,
  Key,
  Me,
  UpdatedUser,
  UpdateUser,
  User,
  UserDetail,
} from "../users.ts";

const tags = ["users"];

export const createUser = route({
  method: "post",
  path: "/v1/users",
  operationId: "createUser",
  tags,
  scope: "admin",
  summary: "Make a user; the answer holds its first key, once",
  request: { headers: PostHeaders, body: body(CreateUser) },
  responses: { 201: json(CreatedUser, "The user and its key") },
  problems: ["name_taken", "secret_shown_once"],
});
export const listUsers = route({
  method: "get",
  path: "/v1/users",
  operationId: "listUsers",
  tags,
  scope: "admin",
  summary: "List users",
  request: { query: ListQuery },
  responses: { 200: json(listOf(User, "UserList"), "Users, newest first") },
});
export const getUser = route({
  method: "get",
  path: "/v1/users/{ref}",
  operationId: "getUser",
  tags,
  scope: "admin",
  summary: "One user",
  request: { params: z.object({ ref: Ref }) },
  responses: { 200: json(UserDetail, "The user; of one that goes, what is left") },
  problems: ["user_not_found"],
});
export const updateUser = route({
  method: "patch",
  path: "/v1/users/{ref}",
  operationId: "updateUser",
  tags,
  scope: "admin",
  summary: "Change a user's quota, role or policy",
  request: { params: z.object({ ref: Ref }), body: body(UpdateUser) },
  responses: { 200: json(UpdatedUser, "The user as it is now") },
  problems: ["user_not_found", "user_protected"],
});
export const removeUser = route({
  method: "delete",
  path: "/v1/users/{ref}",
  operationId: "removeUser",
  tags,
  scope: "admin",
  summary: "Remove a user and everything of theirs: refused from now on, gone once the hosts have removed it",
  request: { params: z.object({ ref: Ref }) },
  responses: { 202: json(UserDetail, "What goes; ask for the user to see what is left") },
  problems: ["user_not_found", "user_protected", "name_taken"],
});
export const getMe = route({
  method: "get",
  path: "/v1/me",
  operationId: "getMe",
  tags,
  scope: "read",
  summary: "Who am I, what may I hold, what do I hold",
  responses: { 200: json(Me, "The user the key belongs to") },
});
export const createKey = route({
  method: "post",
  path: "/v1/keys",
  operationId: "createKey",
  tags: ["keys"],
  scope: "write",
  summary: "Make another key for oneself",
  request: { headers: PostHeaders, body: body(CreateKey) },
  responses: { 201: json(CreatedKey, "The key, shown once") },
  problems: ["name_taken", "secret_shown_once", "quota_exceeded"],
});
export const listKeys = route({
  method: "get",
  path: "/v1/keys",
  operationId: "listKeys",
  tags: ["keys"],
  scope: "read",
  summary: "List one's keys",
  request: { query: ListQuery },
  responses: { 200: json(listOf(Key, "KeyList"), "Keys, newest first; revoked ones are gone") },
});
export const revokeKey = route({
  method: "delete",
  path: "/v1/keys/{ref}",
  operationId: "revokeKey",
  tags: ["keys"],
  scope: "write",
  summary: "Revoke a key; it is refused from then on",
  request: { params: z.object({ ref: Ref }) },
  responses: { 204: { description: "Revoked" } },
  problems: ["key_not_found"],
});
