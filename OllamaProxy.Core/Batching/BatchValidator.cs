using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using OllamaProxy.Access;
using OllamaProxy.Batches;
using OllamaProxy.Configuration;
using OllamaProxy.Protocol;
using OllamaProxy.Storage;
using OllamaProxy.Storage.Batches;
using OllamaProxy.Storage.Files;

namespace OllamaProxy.Batching;

/// <summary>Checks the input of a batch, all of it before anything is queued. A line of it at a time is in memory.</summary>
public sealed class BatchValidator(IBatchStore batches, IFileStore files, ApiKeys keys, OllamaProxyOptions options)
{
    /// <summary>How many mistakes are told of.</summary>
    private const int MaxErrors = 100;

    /// <summary>Reads the whole input.</summary>
    /// <returns>The status that the batch gets: in progress, or failed with what is wrong.</returns>
    internal async Task<BatchAdvance> ValidateAsync(Batch batch, CancellationToken cancellationToken)
    {
        var found = new Findings();
        try
        {
            return await ValidateAsync(batch, found, cancellationToken);
        }
        catch (StoreException exception) when (exception.IsDamage)
        {
            return found.Fail(new("invalid_request", null, "The input file is damaged in the database.", "input_file_id"));
        }
    }

    private async Task<BatchAdvance> ValidateAsync(Batch batch, Findings found, CancellationToken cancellationToken)
    {
        if (await batches.FindBatchFileAsync(batch.InputFile, cancellationToken) is not { } input)
            return found.Fail(new("invalid_request", null, "The input file has been deleted.", "input_file_id"));
        var limits = batch.Owner is { } owner ? keys.Current.LimitsOf(owner) : Prompts.OwnerLimits.None;
        var format = BatchFormat.Of(batch.Api);
        var content = await files.OpenFileAsync(input, 0, cancellationToken);
        await foreach (var line in new InputLines(options.MaxBodyBytes).ReadAsync(content, default, cancellationToken))
        {
            if (++found.Lines > format.MaxLines)
                return found.Fail(new("too_many_tasks", line.Number,
                    string.Create(CultureInfo.InvariantCulture, $"The batch has more than {format.MaxLines} requests."), null));
            try
            {
                if (line.Bytes.IsEmpty)
                    throw new BadLineException("invalid_request", string.Create(CultureInfo.InvariantCulture,
                        $"This line is longer than {options.MaxBodyBytes} bytes, the most that OLLAMA_PROXY_MAX_BODY_BYTES allows."));
                var request = format.Read(line.Bytes, batch.Endpoint);
                if (!limits.Allows(ModelName.Canonical(request.Model)))
                    throw new BadLineException("model_not_found", $"This API key may not use the model '{request.Model}'.", "body.model");
                if (!found.Add(request))
                    throw new BadLineException(
                        "duplicate_custom_id", $"'{request.CustomId}' is the custom_id of an earlier line.", "custom_id");
            }
            catch (BadLineException bad)
            {
                found.Errors.Add(new(bad.Code, line.Number, bad.Message, bad.Param));
                if (found.Errors.Count == MaxErrors)
                    break;
            }
        }
        if (found.Lines == 0)
            return found.Fail(new("empty_batch", null, "The input file has no requests.", null));
        if (found.Inputs > format.MaxLines)
            return found.Fail(new("too_many_tasks", null,
                string.Create(CultureInfo.InvariantCulture, $"The batch has more than {format.MaxLines} texts to be embedded."), null));
        return found.Errors.Count > 0 ? found.Fail(null)
            : new(BatchStatus.Validating, BatchStatus.InProgress) { Total = found.Lines, Model = found.Model };
    }

    /// <summary>What is known of the lines so far.</summary>
    private sealed class Findings
    {
        private readonly HashSet<UInt128> _customIds = [];
        private bool _hasModels;

        public long Lines { get; set; }

        public long Inputs { get; private set; }

        /// <summary>The model of all lines; null: there are several.</summary>
        public string? Model { get; private set; }

        public List<BatchError> Errors { get; } = [];

        /// <summary>False: there was a line with this id. Of 50,000 ids their hashes are kept, which take less.</summary>
        public bool Add(BatchRequest request)
        {
            Model = !_hasModels || Model == request.Model ? request.Model : null;
            (_hasModels, Inputs) = (true, Inputs + request.Inputs);
            return _customIds.Add(BitConverter.ToUInt128(SHA256.HashData(Encoding.UTF8.GetBytes(request.CustomId))));
        }

        public BatchAdvance Fail(BatchError? error)
        {
            if (error is not null)
                Errors.Add(error);
            return new(BatchStatus.Validating, BatchStatus.Failed)
            {
                Total = Lines,
                Errors = JsonSerializer.Serialize([.. Errors], BatchJson.Relaxed.BatchErrorArray),
            };
        }
    }
}
