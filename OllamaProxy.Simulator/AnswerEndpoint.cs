namespace OllamaProxy.Simulator;

/// <summary><c>/api/generate</c> and <c>/api/chat</c>: turns a request down, loads or unloads a model, or generates.</summary>
internal sealed class AnswerEndpoint(
    SimulatorOptions options, ModelCatalog models, FaultQueue faults, RequestLog requests, CancellationToken stopping)
{
    public async Task InvokeAsync(HttpContext context, OllamaApi api)
    {
        var start = options.Time.GetTimestamp();
        using var gone = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping);
        LoggedRequest? logged = null;
        try
        {
            var body = await RequestBody.ReadAsync(context.Request, gone.Token);
            logged = requests.Begin(context.Request, body);
            var request = GenerationRequest.Parse(api, body.Span);
            CheckModel(request);
            if (request.Prompt.Length == 0) await LoadAsync(context.Response, request, logged, gone.Token);
            else await GenerateAsync(context, request, new GenerationClock(options.Time, start), logged, gone.Token);
        }
        catch (OllamaException exception)
        {
            logged?.End();
            await JsonReply.ErrorAsync(context.Response, exception.Status, exception.Message, gone.Token);
        }
        catch (OperationCanceledException) when (gone.IsCancellationRequested)
        {
            if (!stopping.IsCancellationRequested) logged?.EndClosedByClient();
            context.Abort();
        }
        finally
        {
            logged?.End();
        }
    }

    private void CheckModel(GenerationRequest request)
    {
        if (request is { Api: OllamaApi.Chat, Model: "" }) throw OllamaException.BadRequest("model is required");
        if (!models.Has(request.Model)) throw OllamaException.ModelNotFound(request.Model);
        if (request.Options.Error is { } error) throw OllamaException.ServerError(error);
    }

    private async Task LoadAsync(HttpResponse response, GenerationRequest request, LoggedRequest logged, CancellationToken ct)
    {
        models.Keep(request.Model, request.KeepAlive);
        logged.End();
        var json = new AnswerJson(request, options.Time);
        var reason = request.KeepAlive == TimeSpan.Zero ? "unload" : "load";
        await JsonReply.WriteAsync(response, writer => json.Write(writer, new("", "", reason, Metrics: null)), ct);
    }

    private async Task GenerateAsync(
        HttpContext context, GenerationRequest request, GenerationClock clock, LoggedRequest logged, CancellationToken ct)
    {
        if (request.FormatError is { } error) throw OllamaException.ServerError(error);
        var fault = faults.TakeNext();
        if (fault is { IsBeforeTokens: true })
        {
            await FaultReply.SendAsync(context, fault, logged, ct);
            return;
        }

        var json = new AnswerJson(request, options.Time);
        IAnswerOutput output = request.Stream ? new StreamedOutput(context.Response, json) : new WholeOutput(context.Response, json);
        await new Generation(request, options, models, clock, logged).RunAsync(output, fault, ct);
    }
}
