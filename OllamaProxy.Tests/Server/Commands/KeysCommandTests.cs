using System.Net;
using System.Text.RegularExpressions;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Server.Commands;

/// <summary>The command <c>keys new</c>.</summary>
public sealed partial class KeysCommandTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_new_key_opens_the_server_that_has_its_entry_and_no_other_does()
    {
        var (exitCode, output) = await CommandCall.RunAsync(_folder, "keys new alice");
        Assert.Equal(0, exitCode);
        var (key, entry) = (Key().Match(output).Groups[1].Value, Entry().Match(output).Groups[1].Value);
        Assert.DoesNotContain(key, entry, StringComparison.Ordinal);
        Assert.Contains("OLLAMA_PROXY_API_KEYS_FILE", output, StringComparison.Ordinal);

        using var server = new ServerProcess(_folder, "--urls http://127.0.0.1:0", ("OLLAMA_PROXY_API_KEYS", $"{entry}:rpm=60"));
        using var client = await server.ClientAsync();

        Assert.Equal(HttpStatusCode.OK, await StatusAsync(client, key));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(client, Key().Match((await CommandCall.RunAsync(
            _folder, "keys new alice")).Output).Groups[1].Value));
    }

    private static async Task<HttpStatusCode> StatusAsync(HttpClient client, string key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/prompts") { Headers = { { "X-API-Key", key } } };
        using var answer = await client.SendAsync(request);
        return answer.StatusCode;
    }

    [GeneratedRegex("^key:   ([0-9a-f]{48})\r?$", RegexOptions.Multiline)]
    private static partial Regex Key();

    [GeneratedRegex("^entry: (alice:sha256=[0-9a-f]{64})\r?$", RegexOptions.Multiline)]
    private static partial Regex Entry();
}
