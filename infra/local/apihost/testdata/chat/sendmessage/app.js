// Sends to everybody what one has sent, at the address that API Gateway gives each API.
exports.handler = async (event) => {
  const {apiId, stage} = event.requestContext
  const {data} = JSON.parse(event.body)
  const TableName = process.env.TABLE_NAME
  const {Items} = await dynamodb('Scan', {TableName, ProjectionExpression: 'connectionId'})
  await Promise.all(Items.map(async ({connectionId}) => {
    const url = `https://${apiId}.execute-api.${process.env.AWS_REGION}.amazonaws.com/${stage}/@connections/${encodeURIComponent(connectionId.S)}`
    const {status} = await fetch(url, {method: 'POST', body: data})
    if (status === 410) await dynamodb('DeleteItem', {TableName, Key: {connectionId}})
    else if (status !== 200) throw new Error(`post: ${status}`)
  }))
  return {statusCode: 200, body: 'Data sent.'}
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
