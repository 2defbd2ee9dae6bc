/** Boxes in examples/, drawn by hand. */
export const CAT_BOX = { x: 5, y: 1, width: 400, height: 299 };
export const ASTRONAUT_BOX = { x: 0, y: 20, width: 400, height: 492 };
