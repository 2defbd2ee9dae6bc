/**
 * Entry point refinedet/video (Node only).
 * @module refinedet/video
 */
export { openVideo, Video } from './open-video.ts';
export type { DecodedFrame, VideoInfo, VideoOptions } from './video-types.ts';
