import { CliCommand } from '../../frame/cli-command.ts'
import { CommandError, usageError } from '../../frame/command-error.ts'
import { local } from '../../frame/session.ts'
import { withoutUndefined } from '../../frame/without-undefined.ts'
import { configPath, findProfile, readConfig, writeConfig, type Profile } from '../../target/config.ts'

interface AddOptions {
  readonly awsProfile?: string
}

export function profilesCommand(): CliCommand {
  return new CliCommand('profiles')
    .summary('give names to deployments')
    .description('Gives names to deployments. They are kept in ~/.config/jobwire/config.json, readable for you only.')
    .addCommand(listCommand())
    .addCommand(addCommand())
    .addCommand(useCommand())
    .addCommand(removeCommand())
}

function listCommand(): CliCommand {
  return new CliCommand('list')
    .summary('list the profiles')
    .description('Lists the profiles. Tokens are not shown.')
    .example('jobwire profiles list', 'Show the profiles')
    .action(
      local(({ output }) => {
        const { profiles, current } = readConfig()
        const shown = Object.entries(profiles).map(([name, profile]) => ({
          name,
          current: name === current,
          ...profile,
          ...(profile.token === undefined ? {} : { token: '…' }),
        }))
        output.value(shown, () => {
          if (shown.length === 0) return `There are no profiles in ${configPath()}.`
          const rows = shown.map(({ name, current: isCurrent, url, stack, region, namespace, ...rest }) => [
            isCurrent ? '*' : '',
            name,
            url ?? `stack ${stack}`,
            region ?? '',
            namespace ?? '',
            tokenPlace(rest),
          ])
          return output.table([['', 'NAME', 'DEPLOYMENT', 'REGION', 'NAMESPACE', 'TOKEN'], ...rows])
        })
      }),
    )
}

function tokenPlace({ token, tokenFile }: Profile): string {
  if (token !== undefined) return 'kept in the profile'
  return tokenFile ?? 'signed with the secret of the stack'
}

function addCommand(): CliCommand {
  return new CliCommand('add')
    .summary('add a profile, or replace one')
    .description('Adds a profile from --url with --token or --token-file, or from --stack. Replaces one of that name.')
    .argument('<name>', 'the name of the profile')
    .option('--aws-profile <name>', 'the profile of the AWS configuration that may read the stack and its secret')
    .example('jobwire profiles add prod --stack Jobwire --region eu-central-1 --namespace acme', 'By a stack')
    .example('jobwire profiles add staging --url https://… --token-file ~/.jobwire-token', 'By an address')
    .action(
      local((session, name: string, { awsProfile }: AddOptions) => {
        const { url, token, tokenFile, stack, region, endpointUrl, namespace } = session.given()
        if ((url === undefined) === (stack === undefined)) throw usageError('Give either --url or --stack.')
        if (url !== undefined && token === undefined && tokenFile === undefined) {
          throw usageError('--url needs --token or --token-file.')
        }
        const fields = { url, token, tokenFile, stack, region, endpointUrl, namespace, awsProfile }
        const profile: Profile = withoutUndefined(fields)
        const config = readConfig()
        writeConfig({ ...config, profiles: { ...config.profiles, [name]: profile } })
        session.output.value(
          { name },
          () => `${name} is saved. Use it with --profile ${name}, or: jobwire profiles use ${name}`,
        )
      }),
    )
}

function useCommand(): CliCommand {
  return new CliCommand('use')
    .summary('use a profile for all further commands')
    .description('Uses a profile for all further commands. Without a name, the local cloud is used again.')
    .argument('[name]', 'the name of the profile')
    .example('jobwire profiles use prod', 'Work with prod')
    .example('jobwire profiles use', 'Work with the local cloud again')
    .action(
      local(({ output }, name: string | undefined) => {
        const { current: _current, ...config } = readConfig()
        if (name !== undefined && findProfile(config, name) === undefined) throw unknownProfile(name)
        writeConfig({ ...config, ...(name === undefined ? {} : { current: name }) })
        output.value({ name: name ?? null }, () =>
          name === undefined ? 'No profile is in use.' : `${name} is in use.`,
        )
      }),
    )
}

function removeCommand(): CliCommand {
  return new CliCommand('remove')
    .summary('remove a profile')
    .description('Removes a profile. The deployment is not touched.')
    .argument('<name>', 'the name of the profile')
    .example('jobwire profiles remove staging', 'Remove a profile')
    .action(
      local(({ output }, name: string) => {
        const config = readConfig()
        if (findProfile(config, name) === undefined) throw unknownProfile(name)
        const { current, profiles } = config
        const { [name]: _removed, ...rest } = profiles
        const stillCurrent = current === undefined || current === name ? {} : { current }
        writeConfig({ ...stillCurrent, profiles: rest })
        output.value({ name }, () => `${name} is removed.`)
      }),
    )
}

function unknownProfile(name: string): CommandError {
  return new CommandError('failed', 'UNKNOWN_PROFILE', `${configPath()} has no profile "${name}".`)
}
