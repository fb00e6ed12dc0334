using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Template;
using OllamaProxy.Api.Batches;
using OllamaProxy.Api.Callers;
using OllamaProxy.Api.Calls;
using OllamaProxy.Api.Files;
using OllamaProxy.Api.Health;
using OllamaProxy.Api.Metrics;
using OllamaProxy.Api.Models;
using OllamaProxy.Api.Pages;
using OllamaProxy.Api.Prompts;
using OllamaProxy.Api.Queue;
using OllamaProxy.Api.Responses;
using OllamaProxy.Api.Stats;
using OllamaProxy.Api.Streams;

namespace OllamaProxy.Api;

/// <summary>The route table: all that there is but <see cref="Routes.Unmatched"/>, which answers the rest from here.</summary>
public sealed class RouteTable
{
    private static readonly string[] Read = [HttpMethods.Get, HttpMethods.Head];
    private static readonly string[] Post = [HttpMethods.Post];
    private static readonly string[] Put = [HttpMethods.Put];
    private static readonly string[] Patch = [HttpMethods.Patch];
    private static readonly string[] Delete = [HttpMethods.Delete];

    private readonly (RouteDefinition Endpoint, TemplateMatcher Matcher)[] _matchers;
    private readonly Dictionary<Handler, RouteAccess> _access;

    /// <summary>Builds the table.</summary>
    public RouteTable(SubmitHandlers submits, PromptHandlers prompts, ChangeHandlers changes, StreamHandlers streams, StateHandlers state,
        TrendHandlers trends, UsageHandlers usage, QueueHandlers queue, CallHandlers calls, CountTokensHandler counts,
        ResponseHandlers responses, OllamaHandlers ollama, ModelManagementHandlers models, FileHandlers files, BatchHandlers batches,
        MessageBatchHandlers messageBatches, SessionHandlers sessions, HealthHandlers health, MetricsHandler metrics, PageHandlers pages)
    {
        All =
        [
            new(Routes.Home, Read, pages.HomeAsync, RouteAccess.Open),
            new(Routes.List, Read, pages.ListAsync, RouteAccess.Open),
            new(Routes.PromptPage, Read, pages.PromptAsync, RouteAccess.Open),
            new(Routes.BatchPage, Read, pages.BatchesAsync, RouteAccess.Open),
            new(Routes.Dashboard, Read, pages.DashboardAsync, RouteAccess.Open),
            new(Routes.ApiPage, Read, pages.ApiAsync, RouteAccess.Open),
            new(Routes.OpenApi, Read, pages.OpenApiAsync, RouteAccess.Open),
            new(Routes.Health, Read, HealthHandlers.HealthAsync, RouteAccess.Open),
            new(Routes.Ready, Read, health.ReadyAsync, RouteAccess.Open),
            new(Routes.Metrics, Read, metrics.MetricsAsync, RouteAccess.Admin),
            new(Routes.Session, Read, sessions.StateAsync, RouteAccess.Open),
            new(Routes.Session, Post, sessions.SignInAsync, RouteAccess.Open),
            new(Routes.Session, Delete, SessionHandlers.SignOutAsync, RouteAccess.Open),
            new(Routes.Submit, Post, submits.SubmitAsync),
            new(Routes.Prompt, Read, prompts.PromptAsync),
            new(Routes.Prompt, Put, submits.PutAsync),
            new(Routes.Prompt, Patch, changes.PatchAsync),
            new(Routes.Prompt, Delete, changes.DeleteAsync),
            new(Routes.Cancel, Post, changes.CancelAsync),
            new(Routes.Retry, Post, changes.RetryAsync),
            new(Routes.Repeat, Post, submits.RepeatAsync),
            new(Routes.Status, Read, prompts.StatusAsync),
            new(Routes.Result, Read, prompts.ResultAsync),
            new(Routes.Response, Read, prompts.ResponseAsync),
            new(Routes.Stream, Read, streams.PromptAsync),
            new(Routes.Events, Read, streams.QueueAsync),
            new(Routes.Stats, Read, state.StatsAsync),
            new(Routes.Trends, Read, trends.TrendsAsync, RouteAccess.Admin),
            new(Routes.Usage, Read, usage.UsageAsync),
            new(Routes.Queue, Read, queue.StateAsync),
            new(Routes.Pause, Post, queue.PauseAsync, RouteAccess.Admin),
            new(Routes.Drain, Post, queue.DrainAsync, RouteAccess.Admin),
            new(Routes.Resume, Post, queue.ResumeAsync, RouteAccess.Admin),
            new(Routes.Models, Read, state.ModelsAsync),
            new(Routes.Prompts, Read, prompts.ListAsync),
            new(Routes.Prompts, Post, submits.SubmitBatchAsync),
            new(Routes.Batch, Read, prompts.BatchAsync),
            new(Routes.Generate, Post, calls.GenerateAsync),
            new(Routes.Chat, Post, calls.ChatAsync),
            new(Routes.Embed, Post, calls.EmbedAsync),
            new(Routes.Embeddings, Post, calls.EmbeddingsAsync),
            new(Routes.ChatCompletions, Post, calls.ChatCompletionsAsync),
            new(Routes.Completions, Post, calls.CompletionsAsync),
            new(Routes.OpenAIEmbeddings, Post, calls.OpenAIEmbeddingsAsync),
            new(Routes.Responses, Post, calls.ResponsesAsync),
            new(Routes.RetrieveResponse, Read, responses.RetrieveAsync),
            new(Routes.RetrieveResponse, Delete, responses.DeleteAsync),
            new(Routes.CancelResponse, Post, responses.CancelAsync),
            new(Routes.ResponseInputItems, Read, responses.InputItemsAsync),
            new(Routes.Messages, Post, calls.MessagesAsync),
            new(Routes.CountTokens, Post, counts.CountAsync),
            new(Routes.Files, Read, files.ListAsync),
            new(Routes.Files, Post, files.UploadAsync),
            new(Routes.File, Read, files.FileAsync),
            new(Routes.File, Delete, files.DeleteAsync),
            new(Routes.FileContent, Read, files.ContentAsync),
            new(Routes.Batches, Read, batches.ListAsync),
            new(Routes.Batches, Post, batches.CreateAsync),
            new(Routes.OpenAIBatch, Read, batches.BatchAsync),
            new(Routes.CancelBatch, Post, batches.CancelAsync),
            new(Routes.MessageBatches, Read, messageBatches.ListAsync),
            new(Routes.MessageBatches, Post, messageBatches.CreateAsync),
            new(Routes.MessageBatch, Read, messageBatches.BatchAsync),
            new(Routes.MessageBatch, Delete, messageBatches.DeleteAsync),
            new(Routes.CancelMessageBatch, Post, messageBatches.CancelAsync),
            new(Routes.MessageBatchResults, Read, messageBatches.ResultsAsync),
            new(Routes.Tags, Read, ollama.TagsAsync),
            new(Routes.Loaded, Read, ollama.LoadedAsync),
            new(Routes.Version, Read, ollama.VersionAsync),
            new(Routes.OllamaStatus, Read, ollama.StatusAsync),
            new(Routes.Recommendations, Read, ollama.RecommendationsAsync),
            new(Routes.Show, Post, ollama.ShowAsync),
            new(Routes.OpenAIModels, Read, ollama.OpenAIModelsAsync),
            new(Routes.OpenAIModel, Read, ollama.OpenAIModelAsync),
            new(Routes.Pull, Post, models.ImportAsync, RouteAccess.Admin),
            new(Routes.Create, Post, models.ImportAsync, RouteAccess.Admin),
            new(Routes.Blob, [.. Post, HttpMethods.Head], models.ImportAsync, RouteAccess.Admin),
            new(Routes.Push, Post, models.ChangeAsync, RouteAccess.Admin),
            new(Routes.Copy, Post, models.ChangeAsync, RouteAccess.Admin),
            new(Routes.DeleteModel, Delete, models.DeleteAsync, RouteAccess.Admin),
        ];
        _access = All.DistinctBy(endpoint => endpoint.Handler).ToDictionary(endpoint => endpoint.Handler, endpoint => endpoint.Access);
        _matchers = [.. All.Select(endpoint => (endpoint, new TemplateMatcher(TemplateParser.Parse(endpoint.Pattern), [])))];
    }

    /// <summary>All endpoints.</summary>
    public IReadOnlyList<RouteDefinition> All { get; }

    /// <summary>Who is let in to what this handler answers. What is in no route is told only to those who have a key.</summary>
    public RouteAccess AccessOf(Handler handler) => _access.GetValueOrDefault(handler, RouteAccess.Owner);

    /// <summary>The handler of a request, whose route values are set from its path. Null: there is no such route or method.</summary>
    public Handler? Match(HttpRequest request)
    {
        foreach (var (endpoint, matcher) in _matchers)
        {
            var values = new RouteValueDictionary();
            if (endpoint.Methods.Contains(request.Method, StringComparer.OrdinalIgnoreCase)
                && IsAt(endpoint, matcher, request.Path, values))
            {
                request.RouteValues = values;
                return endpoint.Handler;
            }
        }
        return null;
    }

    /// <summary>The methods that a path can be asked with, OPTIONS among them; empty where there is no such path.</summary>
    public IReadOnlyList<string> MethodsOf(PathString path)
    {
        var methods = _matchers
            .Where(candidate => IsAt(candidate.Endpoint, candidate.Matcher, path, []))
            .SelectMany(candidate => candidate.Endpoint.Methods)
            .ToList();
        return methods.Count == 0 ? [] : [.. methods, HttpMethods.Options];
    }

    /// <summary>The matcher looks at no constraint, and would take the root's pattern for any path of one segment.</summary>
    private static bool IsAt(RouteDefinition endpoint, TemplateMatcher matcher, PathString path, RouteValueDictionary values) =>
        endpoint.Pattern == Routes.Home ? path.Value is "" or "/" : matcher.TryMatch(path, values);
}
