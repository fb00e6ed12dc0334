using System.Text.Json;

namespace OllamaProxy.Tests.Api.Calls;

/// <summary>What a client is told whose answer a shutdown has cut.</summary>
internal static class ShutdownError
{
    public const string Text = "Ollama Proxy is shutting down.";

    /// <summary>Fails unless it is the error of that API.</summary>
    public static void AssertTold(string path, string type, string error)
    {
        if (type == "application/x-ndjson")
        {
            Assert.Equal($$"""{"error":"{{Text}}"}""" + "\n", error);
            return;
        }
        Assert.EndsWith("\n\n", error, StringComparison.Ordinal);
        var lines = error.TrimEnd('\n').Split('\n');
        var data = JsonSerializer.Deserialize<JsonElement>(lines[^1]["data: ".Length..]);
        switch (path)
        {
            case "/v1/messages":
                Assert.Equal("event: error", lines[0]);
                Assert.Equal(("error", "overloaded_error", Text),
                    (CallTests.Text(data, "type"), CallTests.Text(data.GetProperty("error"), "type"),
                    CallTests.Text(data.GetProperty("error"), "message")));
                break;
            case "/v1/responses":
                Assert.Equal("event: error", lines[0]);
                Assert.Equal(("error", "server_error", Text),
                    (CallTests.Text(data, "type"), CallTests.Text(data, "code"), CallTests.Text(data, "message")));
                Assert.Equal(JsonValueKind.Null, data.GetProperty("param").ValueKind);
                Assert.Equal(JsonValueKind.Number, data.GetProperty("sequence_number").ValueKind);
                break;
            default:
                Assert.Single(lines);
                Assert.Equal(("api_error", Text),
                    (CallTests.Text(data.GetProperty("error"), "type"), CallTests.Text(data.GetProperty("error"), "message")));
                break;
        }
    }
}
