/** The same rules for what pages load: `#platform` and `#workers` are then the browser's modules. */
import inNode from './.dependency-cruiser.mjs';

const { enhancedResolveOptions } = inNode.options;
const conditionNames = ['browser', ...enhancedResolveOptions.conditionNames];

export default {
  ...inNode,
  options: {
    ...inNode.options,
    enhancedResolveOptions: { ...enhancedResolveOptions, conditionNames },
  },
};
