using OllamaProxy.Simulator;
using OllamaProxy.Simulator.Faults;
using OllamaProxy.Simulator.Generation;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Api.Streams;

/// <summary>Prompts whose generation stands still, for the tests of their streams.</summary>
public abstract class PromptStreamTest(ProxyFixture fixture)
{
    protected RunningProxy Proxy => fixture.Proxy;

    protected static string Partial(string prompt, int tokens) => string.Concat(Simulation.TokensOf(prompt, tokens));

    /// <summary>Submits a prompt whose generation stops after some tokens of the answer, and stays so until it is cancelled.</summary>
    protected async Task<string> StalledAsync(string prompt, int tokens, bool think = false)
    {
        await Proxy.FaultNextAsync(Fault.Stall(tokens + (think ? Simulation.Thoughts.Count : 0)));
        var id = await Proxy.SubmitAsync(new { prompt, think });
        await Eventually.NotNull(
            async () => (await Proxy.GetAsync($"/api/v1/prompt/{id}/result")).TryGetProperty("partial", out var partial)
            && partial.GetString() == Partial(prompt, tokens) ? "there" : null, "all that it generates");
        return id;
    }

    protected async Task CancelAsync(string id)
    {
        using var response = await Proxy.Client.PostAsync($"/api/v1/prompt/{id}/cancel", null);
        response.EnsureSuccessStatusCode();
    }
}
