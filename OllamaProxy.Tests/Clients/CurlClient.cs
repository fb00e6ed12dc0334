using System.Text;
using System.Text.Json.Nodes;
using OllamaProxy.Simulator;
using OllamaProxy.Simulator.Faults;

namespace OllamaProxy.Tests.Clients;

/// <summary>Sends with curl whatever Ollama answers, and records the answers: status, headers, and the body byte for byte.</summary>
internal static class CurlClient
{
    private const string Generate = """{"model":"tiny","prompt":"Why is the sky blue?","stream":STREAM}""";
    private const string Messages = """{"model":"tiny","max_tokens":100,"messages":["""
        + """{"role":"user","content":"Why is the sky blue?"}],"stream":STREAM}""";
    private const string Tools = """{"model":"tiny","messages":[{"role":"user","content":"Call the tool"}],"stream":STREAM"""
        + ""","tools":[{"type":"function","function":{"name":"weather","parameters":"""
        + """{"type":"object","properties":{"city":{"type":"string"}}}}}]}""";
    private const string Responses = """{"model":"tiny","input":"Why is the sky blue?","stream":STREAM}""";

    /// <summary>
    /// The headers that are of one connection (RFC 9110, 7.6.1), those that differ between any two servers, and those that this program
    /// adds.
    /// </summary>
    private static readonly string[] Left = ["Connection:", "Date:", "Server:", "Cache-Control:", "Vary:", "X-"];

    private static readonly (string Path, string Body)[] Calls =
    [
        ("/api/generate", Generate),
        ("/api/chat", Messages),
        ("/api/chat", Tools),
        ("/v1/completions", Generate),
        ("/v1/chat/completions", Messages),
        ("/v1/chat/completions", Tools),
        ("/v1/responses", Responses),
        ("/v1/messages", Messages),
    ];

    private static readonly (string Path, string Body)[] Others =
    [
        ("/api/generate", """{"model":"tiny","prompt":"Why?"}"""),
        ("/api/generate", """{"model":"tiny","prompt":""}"""),
        ("/api/generate", """{"model":"tiny","prompt":"Say it as JSON","format":"json","stream":false}"""),
        ("/api/embed", """{"model":"tiny","input":["one","two"]}"""),
        ("/api/embeddings", """{"model":"tiny","prompt":"one"}"""),
        ("/v1/embeddings", """{"model":"tiny","input":"one"}"""),
        ("/api/show", """{"model":"tiny"}"""),
        ("/api/show", """{"model":"nosuch"}"""),
        ("/api/generate", """{"model":"nosuch","prompt":"Why?"}"""),
        ("/api/generate", """{"model":"tiny","prompt":"Why?","options":{"num_predict":"many"}}"""),
        ("/v1/chat/completions", """{"model":"nosuch","messages":[{"role":"user","content":"Why?"}]}"""),
        ("/v1/messages", """{"model":"nosuch","max_tokens":9,"messages":[{"role":"user","content":"Why?"}]}"""),
    ];

    public static async Task<Recording> RecordAsync(Uri address, OllamaSimulator ollama)
    {
        var steps = new List<JsonObject>();
        async Task RecordAsync(string step, params string[] arguments) =>
            steps.Add(Step(step, await RunAsync(arguments)));

        await RecordAsync("HEAD /", "--head", $"{address}");
        await RecordAsync("GET /", "--header", "Accept: application/json", $"{address}");
        foreach (var path in (string[])["/api/version", "/api/tags", "/v1/models", "/v1/models/tiny", "/v1/models/nosuch"])
            await RecordAsync($"GET {path}", $"{new Uri(address, path)}");
        foreach (var (path, body) in Calls.SelectMany(call => (string[])["false", "true"], (call, stream) =>
            (call.Path, call.Body.Replace("STREAM", stream, StringComparison.Ordinal))).Concat(Others))
            await RecordAsync($"POST {path} {body}", "--data-binary", body, $"{new Uri(address, path)}");
        await RecordAsync("GET /api/ps", $"{new Uri(address, "/api/ps")}");
        await RecordAsync("POST without a body", "--request", "POST", $"{new Uri(address, "/api/chat")}");
        await RecordAsync("POST of no JSON", "--data-binary", "{", $"{new Uri(address, "/api/generate")}");

        ollama.Faults.Enqueue(Fault.Stall(1));
        steps.Add(Step("abort",
            await RunUntilTheFirstTokenAsync("--data-binary", Generate.Replace("STREAM", "true", StringComparison.Ordinal),
            $"{new Uri(address, "/api/generate")}")));
        return new(steps);
    }

    private static ClientProcess Start(string[] arguments) =>
        new("curl", ["--silent", "--show-error", "--include", "--no-buffer", .. arguments], Encoding.Latin1);

    private static async Task<string> RunAsync(string[] arguments)
    {
        using var curl = Start(arguments);
        return await curl.ReadToEndAsync();
    }

    private static async Task<string> RunUntilTheFirstTokenAsync(params string[] arguments)
    {
        using var curl = Start(arguments);
        return await curl.ReadUntilAsync("\r\n\r\n") + await curl.ReadUntilAsync("\n");
    }

    private static JsonObject Step(string step, string answer)
    {
        var end = answer.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        var head = answer[..end].Split("\r\n");
        return new()
        {
            ["step"] = step,
            ["status"] = head[0],
            ["headers"] = new JsonArray([.. head[1..]
                .Where(header => !Left.Any(left => header.StartsWith(left, StringComparison.OrdinalIgnoreCase)))
                // The times in a body have more or fewer digits.
                .Select(header => header.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase) ? "Content-Length: *" : header)
                .Order(StringComparer.Ordinal).Select(header => (JsonNode)header)]),
            ["body"] = Recording.Normalised(answer[(end + 4)..]),
        };
    }
}
