// Runs a Node handler over the Lambda Runtime API, as the Node runtime of
// Lambda does. Started by package runtime.
import { existsSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const { _HANDLER: handlerName, LAMBDA_TASK_ROOT: root } = process.env;
const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(':');
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });

const call = (method, at, body) =>
  new Promise((resolve, reject) => {
    const headers = body === undefined ? {} : { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) };
    const request = http.request({ host, port, agent, method, headers, path: `/2018-06-01/runtime/${at}` }, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks).toString() }));
    });
    request.on('error', reject);
    request.end(body);
  });

// What Lambda answers with when a handler failed.
const shape = (error) =>
  error instanceof Error || Object.prototype.toString.call(error) === '[object Error]'
    ? { errorType: error.name, errorMessage: error.message, trace: (error.stack ?? '').split('\n') }
    : { errorType: typeof error, errorMessage: String(error), trace: [] };

const runtimeError = (type, message) => Object.assign(new Error(message), { name: `Runtime.${type}` });

async function load() {
  const match = path.basename(handlerName).match(/^([^.]*)\.(.*)$/);
  if (!match) throw runtimeError('MalformedHandlerName', 'Bad handler');
  const base = path.resolve(root, path.dirname(handlerName), match[1]);
  const file = ['.js', '.mjs', '.cjs', ''].map((extension) => base + extension).find((name) => existsSync(name));
  if (!file) throw runtimeError('ImportModuleError', `Error: Cannot find module '${match[1]}'`);
  let module;
  try {
    module = await import(pathToFileURL(file));
  } catch (error) {
    if (error instanceof SyntaxError) throw runtimeError('UserCodeSyntaxError', String(error));
    if (error?.code === 'MODULE_NOT_FOUND' || error?.code === 'ERR_MODULE_NOT_FOUND') throw runtimeError('ImportModuleError', String(error));
    throw error;
  }
  const find = (from) => match[2].split('.').reduce((value, name) => value?.[name], from);
  const handler = find(module) ?? find(module.default);
  if (handler === undefined) throw runtimeError('HandlerNotFound', `${handlerName} is undefined or not exported`);
  if (typeof handler !== 'function') throw runtimeError('HandlerNotFound', `${handlerName} is not a function`);
  return handler;
}

const contextOf = (headers) => {
  const deadline = Number(headers['lambda-runtime-deadline-ms']);
  const client = headers['lambda-runtime-client-context'];
  return {
    awsRequestId: headers['lambda-runtime-aws-request-id'],
    callbackWaitsForEmptyEventLoop: true,
    clientContext: client && JSON.parse(client),
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    getRemainingTimeInMillis: () => deadline - Date.now(),
    invokedFunctionArn: headers['lambda-runtime-invoked-function-arn'],
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
  };
};

// A handler answers with a promise, or through its callback or context; one
// that does neither has answered null when nothing is left to do.
const run = (handler, event, context) =>
  new Promise((resolve, reject) => {
    const callback = (error, value) => (error === undefined || error === null ? resolve(value) : reject(error));
    Object.assign(context, { done: callback, fail: reject, succeed: resolve });
    process.removeAllListeners('beforeExit');
    process.once('beforeExit', () => resolve(null));
    const value = handler(event, context, callback);
    if (typeof value?.then === 'function') value.then(resolve, reject);
  });

let current; // the id of the event that is being handled

const fatal = (status) => async (error) => {
  console.error(error);
  const body = JSON.stringify(shape(error));
  await call('POST', current ? `invocation/${current}/error` : 'init/error', body).catch(() => {});
  process.exit(status);
};
process.on('uncaughtException', fatal(129));
process.on('unhandledRejection', (error) => fatal(128)(runtimeError('UnhandledPromiseRejection', String(error))));

const handler = await load().catch(fatal(1));
for (;;) {
  const { status, headers, body } = await call('GET', 'invocation/next').catch(() => process.exit(0));
  if (status !== 200) process.exit(1);
  current = headers['lambda-runtime-aws-request-id'];
  process.env._X_AMZN_TRACE_ID = headers['lambda-runtime-trace-id'];
  let at = 'response';
  let answer;
  try {
    answer = JSON.stringify((await run(handler, JSON.parse(body), contextOf(headers))) ?? null) ?? 'null';
  } catch (error) {
    console.error(error);
    at = 'error';
    answer = JSON.stringify(shape(error));
  }
  await call('POST', `invocation/${current}/${at}`, answer);
  current = undefined;
}
