// Serves an issuer of OpenID Connect on loopback, where whoever types a name is signed in. Its argument is the clients that it
// knows, as JSON. It prints its URL when it listens, and ends when its input does.

import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

// Its warnings, that this is no issuer for more than tests, must not come before the URL.
console.info = console.warn = console.error;

// The working directory is where it is installed, which is not where this file lies.
const installed = createRequire(join(process.cwd(), 'package.json')).resolve('oidc-provider');
const { Provider } = await import(pathToFileURL(installed));

const server = createServer();
server.listen(0, '127.0.0.1', () => {
	const url = `http://127.0.0.1:${server.address().port}`;
	const provider = new Provider(url, {
		clients: JSON.parse(process.argv[2]),
		claims: { openid: ['sub'], email: ['email', 'email_verified'] },
		pkce: { required: () => true },
		cookies: { keys: ['no secret'] },
		findAccount: (_, id) => ({
			accountId: id,
			claims: () => id === 'silent' ? { sub: id } : { sub: id, email: `${id}@example.org`, email_verified: id !== 'unverified' },
		}),
	});
	provider.on('server_error', (_, error) => console.error(error));
	server.on('request', provider.callback());
	console.log(url);
});

process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
