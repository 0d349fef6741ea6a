/** Returns the ARN of a function that has taken its role. */
export function assumedRoleArn(accountId: string, roleArn: string, functionName: string): string {
  return `arn:aws:sts::${accountId}:assumed-role/${roleArn.slice(roleArn.lastIndexOf('/') + 1)}/${functionName}`
}
