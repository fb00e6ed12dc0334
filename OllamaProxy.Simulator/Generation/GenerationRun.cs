using OllamaProxy.Simulator.Faults;
using OllamaProxy.Simulator.Http;
using OllamaProxy.Simulator.Models;

namespace OllamaProxy.Simulator.Generation;

/// <summary>Generates one answer, up to its end or its fault.</summary>
internal sealed class GenerationRun(
    GenerationRequest request, SimulatorOptions options, ModelUse model, GenerationClock clock, LoggedRequest logged)
{
    public async Task RunAsync(IAnswerOutput output, Fault? fault, CancellationToken ct)
    {
        var answer = Answer.To(request);
        var sent = Math.Min(fault?.AfterTokens ?? int.MaxValue, answer.Tokens.Count);

        await clock.WaitForFirstTokenAsync(options.Latency, ct);
        for (var number = 0; number < sent; number++)
        {
            await clock.WaitForTokenAsync(number, options.TokensPerSecond, ct);
            ct.ThrowIfCancellationRequested();
            await output.TokenAsync(answer.Tokens[number], ct);
        }

        if (fault is { Kind: FaultKind.Stall }) await StallAsync(output, ct);

        // A client may check the state as soon as it has the last byte, so the state is updated before that is sent.
        model.Dispose();
        logged.End();
        await (fault switch
        {
            null => output.DoneAsync(answer.DoneReason, GenerationMetrics.Of(request, answer, clock, options.ContextLength), ct),
            { Kind: FaultKind.ErrorLine } => output.ErrorAsync(fault.Error, ct),
            { Kind: FaultKind.NoDone } => output.EndAsync(ct),
            _ => output.CutAsync(ct),
        });
    }

    private static async Task StallAsync(IAnswerOutput output, CancellationToken ct)
    {
        await output.StartAsync(ct);
        await Task.Delay(Timeout.Infinite, ct);
    }
}
