import { type CallTable, fails, prints, refused } from '../calls.ts'

/** The commands that make several calls each. `aws_calls.py` is a file that is there anyway. */
const FILE = 'test/local/command-line/aws_calls.py'

export const s3: CallTable = {
  service: 's3',
  calls: [
    prints('ls', /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d files\n$/),
    prints('ls s3://$bucket', /^$/),
    prints(`cp ${FILE} s3://$bucket/calls/one.py`, /upload: .* to s3:\/\/files\/calls\/one\.py/),
    prints('cp s3://$bucket/calls/one.py s3://$bucket/calls/deep/two.py', /copy: /),
    prints('cp s3://$bucket/calls/one.py -', /Runs calls of the AWS command line/),
    prints('ls s3://$bucket', /^ +PRE calls\/\n$/),
    prints('ls s3://$bucket/calls/', /^ +PRE deep\/\n\S+ \S+ +\d+ one\.py\n$/),
    prints('ls s3://$bucket --recursive --summarize', /calls\/deep\/two\.py\n.*calls\/one\.py\n\nTotal Objects: 2\n/s),
    prints('mv s3://$bucket/calls/deep/two.py s3://$bucket/calls/three.py', /move: /),
    prints(
      'presign s3://$bucket/calls/one.py',
      /^http:\/\/127\.0\.0\.1:\d+\/files\/calls\/one\.py\?\S*Signature=\S+\n$/,
    ),
    prints('sync test/local/command-line s3://$bucket/calls --exclude * --include *.py', /upload: .*aws_calls\.py/),
    prints('rm s3://$bucket/calls/three.py', /delete: s3:\/\/files\/calls\/three\.py/),
    prints('rm s3://$bucket/calls --recursive', /(delete: .*\n){2}/),
    prints('cp $bigFile s3://$bucket/big/one', /upload: /),
    prints('cp s3://$bucket/big/one s3://$bucket/big/two', /copy: /),
    prints('ls s3://$bucket/big/two', / 9437184 two\n/),
    prints('rm s3://$bucket/big --recursive', /(delete: .*\n){2}/),
    fails('cp s3://$bucket/missing -', '404'),
    refused('mb s3://another', 'CreateBucket'),
    refused('rb s3://$bucket', 'DeleteBucket'),
  ],
}
