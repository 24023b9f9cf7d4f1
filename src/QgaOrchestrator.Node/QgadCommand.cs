using QgaOrchestrator.Actors.Hosting;
using QgaOrchestrator.Node.Certificates;
using QgaOrchestrator.Node.Options;

namespace QgaOrchestrator.Node;

/// <summary>What qgad does instead of running a node: it prints its usage or version, or checks its options.</summary>
public static class QgadCommand
{
    private const string CheckConfig = "check-config";

    private const string Usage = """
        qgad runs a node: it backs up the VMs of this host and answers qgactl.

        usage: qgad [--config FILE] [--Section:Key=VALUE ...]   runs until SIGTERM or Ctrl-C
               qgad check-config [--config FILE] [...]          checks the options as a start does; changes nothing
               qgad detect [--config FILE --write]              finds the VMs of this host, says what each of them lacks, and
                                                               writes their sources into FILE
               qgad certificates init --to DIR                  makes a CA for the nodes of one cluster
               qgad certificates issue HOST --ca DIR --to DIR   makes the certificate of a host [--days N]
               qgad migrate [--config FILE] --from DATA [...]  copies a single node's runs that have ended or are paused, its
                                                               points, tokens and escrow from its data directory DATA to the
                                                               store of the config, such as postgresql; no node runs on DATA
                                                               meanwhile, which is left as it is; a repeat copies what is missing
               qgad --help | --version

        FILE is JSON; config/node.json shows every option with its default. Without FILE the defaults apply, and paths are
        relative to the current directory. The environment (QGA__Section__Key=VALUE) overrides FILE, and the command line
        overrides both.

        Exit codes: 0 stopped as requested, or the options are good; 2 the options, the data directory, a store or the
        address cannot be used; 1 any other failure. In a cluster: 2 another node has this host's name, or another list of seeds;
        1 the cluster has removed this node, and a restart lets it join again.
        """;

    /// <returns>The exit code; null: run the node.</returns>
    public static async Task<int?> RunAsync(
        string[] arguments,
        IReadOnlyDictionary<string, string> environment,
        string machine,
        string directory,
        TextWriter output,
        TextWriter error
    )
    {
        if (arguments.Any(argument => argument is "--help" or "-h"))
        {
            output.WriteLine(Usage);
            return 0;
        }
        if (arguments.Contains("--version"))
        {
            output.WriteLine($"qgad {NodeVersion.Text}");
            return 0;
        }
        if (arguments is [CertificateCommand.Name, .. var what])
            return CertificateCommand.Run(what, directory, TimeProvider.System.GetUtcNow(), output, error);
        if (arguments is [DetectCommand.Name, .. var look]) return await DetectCommand.RunAsync(look, directory, output, error);
        if (arguments is [MigrateCommand.Name, .. var move])
            return await MigrateCommand.RunAsync(move, environment, machine, directory, output, error);
        if (arguments is not [CheckConfig, .. var rest]) return null;
        var (options, errors) = OptionsLoader.Read(rest, environment, machine, directory);
        string[] wrong = [.. errors, .. await ConfigCheck.FaultsAsync(options)];
        foreach (var fault in wrong)
            error.WriteLine($"qgad: {fault}");
        if (wrong.Length > 0)
            return 2;
        output.WriteLine(
            $"The options are good: host {options.Node.Host}, data {options.Node.DataDirectory}, ledger "
                + $"{options.Freeze.Ledger}, address {options.Node.Api.ToString().TrimEnd('/')}."
        );
        return 0;
    }
}
