exports.handler = (event, context, callback) => {
  switch (event.do) {
    case 'fail':
      callback('Unauthorized');
      break;
    case 'fail with an error':
      callback(new TypeError('wrong'));
      break;
    case 'succeed':
      context.succeed('old style');
      break;
    case 'nothing':
      break;
    default:
      setTimeout(() => callback(null, event), 1);
  }
};
