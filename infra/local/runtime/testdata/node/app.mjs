export const handler = async (event, context) => {
  switch (event.do) {
    case 'fail':
      throw new Error('Unauthorized');
    case 'fail with a word':
      throw 'Unauthorized';
    case 'context':
      return {
        arn: context.invokedFunctionArn,
        left: context.getRemainingTimeInMillis() > 0,
        memory: context.memoryLimitInMB,
        name: context.functionName,
        version: context.functionVersion,
        id: context.awsRequestId.length,
        client: context.clientContext,
      };
    case 'say':
      console.log('from Node');
      return;
    case 'later':
      setTimeout(() => { throw new RangeError('too late'); });
      return new Promise(() => {});
    case 'reject':
      Promise.reject(new Error('nobody listens'));
      return new Promise(() => {});
    default:
      return event;
  }
};
export const constant = 1;
export const deep = { down: async () => 'deep down' };
