using System.Diagnostics;
using System.Text.Json.Nodes;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Clients;

/// <summary>Runs a client from npm in a process of its own, and records what its user sees.</summary>
internal static class NodeClient
{
    private static readonly string Script = Repository.File("OllamaProxy.Tests/Clients/record.mjs");
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public static async Task<Recording> RecordAsync(string client, Uri address)
    {
        using var node = Process.Start(new ProcessStartInfo("node", [Script, client, address.ToString()])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        try
        {
            using var patience = new CancellationTokenSource(Patience);
            var (output, errors) = (node.StandardOutput.ReadToEndAsync(patience.Token), node.StandardError.ReadToEndAsync(patience.Token));
            var recording = await output;
            Assert.True(recording.Length > 0, await errors);
            await node.WaitForExitAsync(patience.Token);
            return new([.. JsonNode.Parse(recording)!.AsArray().Select(step => step!.AsObject())]);
        }
        finally
        {
            node.Kill(entireProcessTree: true);
        }
    }
}
