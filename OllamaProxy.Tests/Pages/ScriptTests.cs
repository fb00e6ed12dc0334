using System.Diagnostics;
using OllamaProxy.Tests.Pages.Browser;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Pages;

/// <summary>Runs the tests of the scripts that need no browser, as <c>npm test</c> does in OllamaProxy.Tests.</summary>
public sealed class ScriptTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    [NodeFact]
    public async Task The_tests_of_the_scripts_pass()
    {
        string[] arguments = ["--test", .. Directory.EnumerateFiles(Repository.File("OllamaProxy.Tests/Pages"), "*.test.mjs")];
        using var limit = new CancellationTokenSource(Patience);
        using var node = Process.Start(
            new ProcessStartInfo("node", arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        try
        {
            var errors = node.StandardError.ReadToEndAsync(limit.Token);
            var output = await node.StandardOutput.ReadToEndAsync(limit.Token);
            await node.WaitForExitAsync(limit.Token);

            Assert.True(node.ExitCode == 0, output + await errors);
            // Without a test there would be no failure either.
            Assert.Matches("(?m)^. pass [1-9]", output);
        }
        finally
        {
            node.Kill(entireProcessTree: true);
        }
    }
}
