using System.Text;
using OllamaProxy.Scheduling;
using OllamaProxy.Tests.Storage;

namespace OllamaProxy.Tests.Worker;

/// <summary>How accounts share a backend, from the store to Ollama and back. <see cref="Scheduling.FairnessTests"/> has the cases.</summary>
public sealed class FairnessTests
{
    private const int Long = 60;
    private const int Short = 6;

    private static readonly (string, string) NoWindow = ("OLLAMA_PROXY_FAIRNESS_WINDOW", "0");

    [Fact]
    public async Task Who_asks_for_long_answers_is_served_no_more_tokens_than_who_asks_for_short_ones()
    {
        await using var rig = await WorkerRig.StartAsync(NoWindow, WorkerRig.NoSlice);
        for (var prompt = 0; prompt < 30; prompt++)
        {
            await SubmitAsync(rig, "long", Long);
            await SubmitAsync(rig, "short", Short);
        }
        await rig.DrainToEndAsync();

        // One slot, and one prompt that is claimed ahead.
        var bound = 2 * 2 * TokenCost.Of(20, Long);
        var (served, left) = (new Dictionary<string, double> { ["long"] = 0, ["short"] = 0 }, new Dictionary<string, int>());
        var sent = rig.Ollama.Requests.All.Where(request => request.Path == "/api/generate")
            .Select(request => WorkerRig.Sent(request).Prompt).ToList();
        Assert.Equal(60, sent.Count);
        foreach (var account in sent)
            left[account] = left.GetValueOrDefault(account) + 1;
        foreach (var account in sent)
        {
            served[account] += TokenCost.Of(20, account == "long" ? Long : Short);
            if (--left[account] == 0)
                break;
            Assert.InRange(Math.Abs(served["long"] - served["short"]), 0, bound);
        }
    }

    private static Task<Guid> SubmitAsync(WorkerRig rig, string account, int tokens) => rig.SubmitAsync(account, prompt => prompt with
    {
        Account = account,
        Request = Encoding.UTF8.GetBytes($$$"""{"options":{"simulator_tokens":{{{tokens}}}}}"""),
    });
}
