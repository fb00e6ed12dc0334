using OllamaProxy.Api.Callbacks;
using OllamaProxy.Api.Http;
using OllamaProxy.Callbacks;
using OllamaProxy.Prompts;
using OllamaProxy.Telemetry;

namespace OllamaProxy.Api.Prompts;

/// <summary>Where a prompt is in its life, as clients see it.</summary>
public sealed record StatusResource
{
    private StatusResource(Prompt prompt, int defaultMaxAttempts)
    {
        Id = prompt.Id;
        Status = prompt.Status.Name();
        Kind = PromptKind.Of(prompt);
        Endpoint = PromptKind.EndpointOf(prompt);
        Model = prompt.Model;
        Owner = prompt.Owner;
        Priority = prompt.Priority;
        Attempts = prompt.Attempts;
        MaxAttempts = prompt.MaxAttempts ?? defaultMaxAttempts;
        CreatedAt = prompt.CreatedAt;
        UpdatedAt = prompt.UpdatedAt;
        StartedAt = prompt.StartedAt;
        CompletedAt = prompt.CompletedAt;
        Error = prompt.Error;
        TruncatedTo = prompt.TruncatedTo;
        Batch = prompt.Batch;
        ExpiresAt = prompt.ExpiresAt;
        TraceId = PromptTraces.TraceIdOf(prompt);
    }

    /// <summary>The prompt's id.</summary>
    public Guid Id { get; }

    /// <summary>The written name of its status.</summary>
    public string Status { get; }

    /// <summary>What it asks the model for: <c>generate</c>, <c>chat</c> or <c>embed</c>.</summary>
    public string Kind { get; }

    /// <summary>The route that it came in by.</summary>
    public string Endpoint { get; }

    /// <summary>The model; null where a call, or another program that wrote the prompt, named none.</summary>
    public string? Model { get; }

    /// <summary>The name of the key that it came with; left out where it came without one.</summary>
    public string? Owner { get; }

    /// <summary>The trace that it belongs to; left out where it belongs to none.</summary>
    public string? TraceId { get; }

    /// <summary>While queued: 1 is the next to run.</summary>
    public long? Position { get; private init; }

    /// <summary>
    /// While queued: how many seconds until it has probably ended, if there is an estimate; none while no backend can run it.
    /// </summary>
    public double? EtaSeconds { get; private init; }

    /// <summary>
    /// While queued: what it waits for (<c>slot</c>, <c>backend</c>, <c>model</c>, <c>retry</c> or <c>window</c>), if that can be
    /// told.
    /// </summary>
    public string? WaitingFor { get; private init; }

    /// <summary>The head start that it was queued with.</summary>
    public int Priority { get; }

    /// <summary>How many attempts were started and count.</summary>
    public int Attempts { get; }

    /// <summary>How many it may use up.</summary>
    public int MaxAttempts { get; }

    /// <summary>When it was submitted.</summary>
    public DateTimeOffset CreatedAt { get; }

    /// <summary>When its status or priority last changed.</summary>
    public DateTimeOffset UpdatedAt { get; }

    /// <summary>When the running attempt, or that which ended it, was started.</summary>
    public DateTimeOffset? StartedAt { get; }

    /// <summary>When it ended.</summary>
    public DateTimeOffset? CompletedAt { get; }

    /// <summary>Why it failed or, while it waits for another attempt, why the last one did.</summary>
    public string? Error { get; }

    /// <summary>How many tokens of the prompt the model was given, if Ollama seems to have cut it.</summary>
    public long? TruncatedTo { get; }

    /// <summary>The batch that it was submitted with.</summary>
    public Guid? Batch { get; }

    /// <summary>When it fails unless it was started.</summary>
    public DateTimeOffset? ExpiresAt { get; }

    /// <summary>Of a whole prompt only: its text.</summary>
    public string? Prompt { get; private init; }

    /// <summary>
    /// Of a whole prompt only: what else the client sent. Of a submitted prompt its fields for Ollama, of a call its body, with pictures by
    /// their size; null where that body is no JSON object, or is compressed.
    /// </summary>
    public RawJson? Request { get; private init; }

    /// <summary>Of a whole prompt only: how many seconds an attempt may take, if the client said so.</summary>
    public double? Timeout { get; private init; }

    /// <summary>Of a whole prompt only: the client's own object.</summary>
    public RawJson? Metadata { get; private init; }

    /// <summary>Of a whole prompt only: where its client is told how it ends.</summary>
    public string? CallbackUrl { get; private init; }

    /// <summary>Of a whole prompt only: of which events its client is told.</summary>
    public IReadOnlyList<string>? CallbackEvents { get; private init; }

    /// <summary>Of a whole prompt only: the events that its client is told of, or was, oldest first.</summary>
    public IReadOnlyList<CallbackResource>? Callbacks { get; private init; }

    /// <summary>Of a whole prompt only: its attempts, oldest first.</summary>
    public IReadOnlyList<AttemptResource>? AttemptHistory { get; private init; }

    /// <summary>The status alone.</summary>
    public static StatusResource Of(Prompt prompt, QueuePosition? place, int defaultMaxAttempts) => new(prompt, defaultMaxAttempts)
    {
        Position = place?.Position,
        EtaSeconds = place?.Eta is { } eta ? Math.Round(eta.TotalSeconds, 1) : null,
        WaitingFor = place?.WaitsFor?.Name(),
    };

    /// <summary>The whole prompt, but for a text that is too long to be held: see <see cref="PromptDetailResult"/>.</summary>
    public StatusResource With(
        PromptContent content, RawJson? request, IReadOnlyList<AttemptRecord> attempts, IReadOnlyList<Delivery> deliveries,
        bool showsBackends) =>
        this with
        {
            Prompt = content.LongText is null ? content.Text : null,
            Request = request,
            Timeout = content.Timeout?.TotalSeconds,
            Metadata = RawJson.OrNull(content.Metadata),
            CallbackUrl = content.Callback?.Url,
            CallbackEvents = content.Callback?.EventTypes,
            Callbacks = CallbackResource.Of(deliveries),
            AttemptHistory = [.. attempts.Select(attempt => AttemptResource.Of(attempt, showsBackends))],
        };
}
