using Microsoft.AspNetCore.Http;
using OllamaProxy.Api.Callers;
using OllamaProxy.Api.Errors;
using OllamaProxy.Api.Http;
using OllamaProxy.Ollama.Backends;
using OllamaProxy.Prompts;
using OllamaProxy.Protocol;
using OllamaProxy.Worker;

namespace OllamaProxy.Api.Queue;

/// <summary>
/// The API by which an operator pauses, drains and resumes the queue. Every answer is 200 with the state that results; it holds for all
/// processes, and until it is resumed.
/// </summary>
public sealed class QueueHandlers(QueuePauses pauses, BackendPool backends, RequestBody bodies)
{
    /// <summary>What is paused: 200.</summary>
    public Task<IResult> StateAsync(HttpContext context) => Task.FromResult(State(context));

    /// <summary>Begins no prompts any more, or none of one model, or none on one backend: 200 or 400.</summary>
    public async Task<IResult> PauseAsync(HttpContext context)
    {
        var (scope, name) = await ReadAsync(context) ?? (PauseScope.Queue, "");
        await pauses.PauseAsync(scope, name, context.RequestAborted);
        return State(context);
    }

    /// <summary>Accepts no prompts any more; those that were accepted are run: 200 or 400.</summary>
    public async Task<IResult> DrainAsync(HttpContext context)
    {
        if (await ReadAsync(context) is not null)
            throw Problems.BadRequest("Only the whole queue can be drained. To stop one model or one backend, pause it.");
        await pauses.PauseAsync(PauseScope.Submissions, "", context.RequestAborted);
        return State(context);
    }

    /// <summary>Resumes everything or, where the body names one, a model or a backend: 200 or 400.</summary>
    public async Task<IResult> ResumeAsync(HttpContext context)
    {
        var named = await ReadAsync(context);
        await pauses.ResumeAsync(named?.Scope, named?.Name ?? "", context.RequestAborted);
        return State(context);
    }

    private IResult State(HttpContext context)
    {
        var state = QueueResource.Of(pauses.Current);
        return JsonResult.Of(context.Caller().IsAdmin ? state : state with { PausedBackends = [] }, ApiJson.Relaxed.QueueResource);
    }

    /// <summary>The model or the backend that the body names; null: none.</summary>
    private async Task<(PauseScope Scope, string Name)?> ReadAsync(HttpContext context)
    {
        using var body = await bodies.ReadAsync(context);
        if (body.Bytes.IsEmpty)
            return null;
        using var document = JsonBody.Parse(body.Bytes);
        var fields = JsonBody.FieldsOf(document.RootElement);
        foreach (var field in document.RootElement.EnumerateObject())
            if (field.Name is not ("model" or "backend"))
                throw Problems.BadRequest($"'{field.Name}' is unknown here; the body may name a 'model' or a 'backend'.");
        return (fields.Text("model"), fields.Text("backend")) switch
        {
            (null, null) => null,
            (not null, not null) => throw Problems.BadRequest("Name a 'model' or a 'backend', not both."),
            ("", _) => throw Problems.BadRequest("'model' is empty."),
            ({ } model, _) => NameLimits.WhyNotModel(model) is { } why ? throw Problems.BadRequest(why)
                : (PauseScope.Model, ModelName.Canonical(model)),
            (_, { } backend) => (PauseScope.Backend, NameOf(backend)),
        };
    }

    private string NameOf(string address) =>
        backends.All.FirstOrDefault(backend => backend.Name.TrimEnd('/') == address.TrimEnd('/'))?.Name
        ?? throw Problems.BadRequest(
            $"There is no backend '{address}'. The backends are {string.Join(", ", backends.All.Select(backend => backend.Name))}.");
}
