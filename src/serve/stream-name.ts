/** Names of streams: they need no escapes in a URL. */
export const STREAM_NAME = /^[\w.-]{1,64}$/;
