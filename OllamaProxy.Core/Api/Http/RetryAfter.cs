using System.Globalization;
using Microsoft.AspNetCore.Http;
using OllamaProxy.Prompts;
using OllamaProxy.Queue;

namespace OllamaProxy.Api.Http;

/// <summary>
/// The header <c>Retry-After</c> (RFC 9110, section 10.2.3): when it is probably worth asking again, in whole seconds, at least one, and
/// at most a minute where it is an estimate, since every one can be wrong.
/// </summary>
public sealed class RetryAfter(PromptQueue queue, WaitEstimator waitEstimator, TimeProvider time)
{
    private const int Most = 60;

    /// <summary>For what cannot go on before a backend is there, of which nobody can tell when that will be.</summary>
    private static readonly TimeSpan UntilBackend = TimeSpan.FromSeconds(10);

    /// <summary>
    /// A prompt that has run for longer than others is asked for again after a tenth of that, as it will hardly end at once.
    /// </summary>
    private const double Lateness = 0.1;

    /// <summary>Says when to ask for the result of a prompt again that has not ended.</summary>
    public async Task SetForResultAsync(HttpContext context, Prompt prompt) =>
        Set(context, await UntilResultAsync(prompt, context.RequestAborted));

    /// <summary>Says when a full queue has probably room for so many prompts.</summary>
    public async Task SetForRoomAsync(HttpContext context, long prompts) =>
        Set(context, await UntilRoomAsync(prompts, context.RequestAborted));

    /// <summary>Says when a limit lets a submission through: that is known, however long it is, and not estimated.</summary>
    /// <param name="context">The request.</param>
    /// <param name="freeIn">How long that is; null: it does when prompts have left the queue.</param>
    public async Task SetForLimitAsync(HttpContext context, TimeSpan? freeIn)
    {
        if (freeIn is { } wait)
            context.Response.Headers.RetryAfter = Math.Max(1, (long)Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        else
            await SetForRoomAsync(context, 1);
    }

    /// <summary>Says when to ask again.</summary>
    public static void Set(HttpContext context, TimeSpan wait) =>
        context.Response.Headers.RetryAfter = Seconds(wait).ToString(CultureInfo.InvariantCulture);

    /// <summary>The seconds that the header says for a wait.</summary>
    internal static int Seconds(TimeSpan wait) => (int)Math.Clamp(Math.Ceiling(wait.TotalSeconds), 1, Most);

    private async Task<TimeSpan> UntilResultAsync(Prompt prompt, CancellationToken cancellationToken)
    {
        if (await queue.FindPositionAsync(prompt, cancellationToken) is { } position)
            return position.WaitsFor is WaitReason.Backend or WaitReason.Model ? UntilBackend : position.Eta ?? TimeSpan.Zero;
        var ran = time.GetUtcNow() - (prompt.StartedAt ?? prompt.UpdatedAt);
        var left = await waitEstimator.EtaAsync(1, cancellationToken) - ran ?? TimeSpan.Zero;
        return left > ran * Lateness ? left : ran * Lateness;
    }

    private async Task<TimeSpan> UntilRoomAsync(long prompts, CancellationToken cancellationToken) =>
        queue.IsStalled ? UntilBackend : await queue.UntilRoomAsync(prompts, cancellationToken);
}
