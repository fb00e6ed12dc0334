using OllamaProxy.Simulator;

namespace OllamaProxy.Tests.Simulator;

/// <summary>A simulator and a client for each test.</summary>
public abstract class SimulatorTest(SimulatorOptions? options = null) : IAsyncLifetime
{
    protected OllamaSimulator Ollama { get; private set; } = null!;

    protected HttpClient Client { get; private set; } = null!;

    /// <summary>Lets a test that waits for what never comes fail, where it would hang.</summary>
    protected CancellationToken Patience { get; } = new CancellationTokenSource(TimeSpan.FromSeconds(60)).Token;

    public async Task InitializeAsync()
    {
        Ollama = await OllamaSimulator.StartAsync(options);
        Client = new() { BaseAddress = Ollama.BaseAddress };
    }

    public async Task DisposeAsync()
    {
        Client.Dispose();
        await Ollama.DisposeAsync();
    }

    /// <summary>Posts a body, and returns when the headers of the answer are there.</summary>
    protected async Task<HttpResponseMessage> PostAsync(string path, string body, CancellationToken ct = default)
    {
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(ct, Patience);
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(body) };
        return await Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, linked.Token);
    }

    /// <summary>Asks the model <c>tiny</c> to answer "hello".</summary>
    protected Task<HttpResponseMessage> GenerateAsync(bool stream = true, CancellationToken ct = default) =>
        PostAsync("/api/generate", $$"""{"model":"tiny","prompt":"hello","stream":{{(stream ? "true" : "false")}}}""", ct);

    /// <summary>The lines of an answer, as they come.</summary>
    protected async Task<StreamReader> LinesAsync(HttpResponseMessage response) => new(await response.Content.ReadAsStreamAsync(Patience));
}
