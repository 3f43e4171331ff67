// Keeps who is connected.
exports.handler = async (event) => {
  await dynamodb('PutItem', {
    TableName: process.env.TABLE_NAME,
    Item: {connectionId: {S: event.requestContext.connectionId}},
  })
  return {statusCode: 200, body: 'Connected.'}
}

// Stands in for the SDK, which is no part of this folder.
async function dynamodb(action, input) {
  const response = await fetch(process.env.AWS_ENDPOINT_URL_DYNAMODB, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/x-amz-json-1.0',
      'X-Amz-Target': `DynamoDB_20120810.${action}`,
      Authorization: `AWS4-HMAC-SHA256 Credential=local/20260101/${process.env.AWS_REGION}/dynamodb/aws4_request, SignedHeaders=host, Signature=0`,
    },
    body: JSON.stringify(input),
  })
  if (!response.ok) throw new Error(`${action}: ${response.status} ${await response.text()}`)
  return response.json()
}
