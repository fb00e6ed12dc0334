using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Api.Calls;

/// <summary>What the tests of calls have in common that each have a proxy of their own.</summary>
internal static class CallRig
{
    public const string Streamed = """{"model":"tiny","prompt":"hi"}""";
    public const string Whole = """{"model":"tiny","prompt":"hi","stream":false}""";

    public static Task<RunningProxy> StartAsync(params (string Name, string Value)[] settings) =>
        RunningProxy.StartAsync(ProxyHosts.Server, null, settings);

    public static Task<HttpResponseMessage> PostAsync(
        RunningProxy proxy, string path, string body, HttpCompletionOption option = HttpCompletionOption.ResponseContentRead) =>
        proxy.Client.SendAsync(CallTests.Post(path, body), option);

    /// <summary>The id of the only prompt, as soon as it is on disk: Ollama can have it a moment before.</summary>
    public static Task<string> OnlyIdAsync(RunningProxy proxy) => Eventually.NotNull(async () =>
        (await proxy.GetAsync("/api/v1/prompts")).GetProperty("prompts").EnumerateArray()
            .Select(prompt => CallTests.Text(prompt, "id")).SingleOrDefault());
}
