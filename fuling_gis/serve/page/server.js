/* Questions to the server. What it refuses comes back as a sentence in the language shown. */
"use strict";

/* offers: values of what is `wanted`, `crs` or `layer`, that are likely meant; names from files among them. unoffered:
   how many more there are. */
class Refused extends Error {
  constructor(message, wanted = "", offers = [], unoffered = 0) {
    super(message);
    this.wanted = wanted;
    this.offers = offers;
    this.unoffered = unoffered;
  }
}

async function ask(path, options) {
  let reply;
  try {
    reply = await fetch(path, { credentials: "omit", ...options });
  } catch (fault) {
    if (fault.name === "AbortError") throw fault;
    throw new Refused(say("no_answer"));
  }
  if (reply.status === 204) return null;
  let told;
  try {
    told = await reply.json();
  } catch {
    throw new Refused(say("no_answer"));
  }
  if (!reply.ok) throw new Refused(told.error ? told.error[Words.lang] : say("no_answer"));
  return told;
}

function post(path, body, options) {
  const json = !(body instanceof FormData);
  return ask(path, { method: "POST", body: json ? JSON.stringify(body) : body, headers: json ? { "content-type": "application/json" } : {}, ...options });
}
