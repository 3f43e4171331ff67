def lambda_handler(:
